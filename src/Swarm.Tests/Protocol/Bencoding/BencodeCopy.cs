using Swarm.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Bencoding;

/// <summary>Decodes and encodes again: what a canonical value survives.</summary>
internal static class BencodeCopy
{
    public static byte[] Of(BencodeValue value)
    {
        var writer = new BencodeWriter();
        Write(value, writer);
        return writer.ToArray();
    }

    private static void Write(BencodeValue value, BencodeWriter writer)
    {
        switch (value.Kind)
        {
            case BencodeTokenKind.Integer:
                value.TryGetInteger(out var number).ShouldBeTrue();
                writer.WriteInteger(number);
                break;
            case BencodeTokenKind.String:
                value.TryGetString(out var bytes).ShouldBeTrue();
                writer.WriteString(bytes);
                break;
            case BencodeTokenKind.List:
                writer.BeginList();
                foreach (var item in value.Items) Write(item, writer);
                writer.End();
                break;
            default:
                writer.BeginDictionary();
                foreach (var entry in value.Entries)
                {
                    writer.WriteKey(entry.Key);
                    Write(entry.Value, writer);
                }

                writer.End();
                break;
        }
    }
}
