using System.Text;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Host.Dht;

/// <summary>An item as the user describes it. <paramref name="KeyFile"/>: null for an immutable one. <paramref name="Sequence"/>: null for the next.</summary>
internal sealed record ItemRecipe(string Value, bool IsBencoded, string? KeyFile, string Salt, long? Sequence, long? Cas)
{
    /// <summary>The value as it is kept: text as a bencoded string.</summary>
    public byte[] Bencoded() => IsBencoded ? Encoding.UTF8.GetBytes(Value) : new BencodeWriter().WriteText(Value).ToArray();
}

/// <summary>Where an item is kept, as users name it.</summary>
internal static class ItemTarget
{
    /// <summary>Reads a target, or a public key, which together with the salt has one.</summary>
    public static bool TryParse(string text, ReadOnlySpan<byte> salt, out NodeId target)
    {
        target = default;
        if (Bytes20.TryParseHex(text, out var id))
        {
            target = new NodeId(id);
            return true;
        }

        Span<byte> key = stackalloc byte[IItemSignatures.PublicKeySize];
        if (text.Length != key.Length * 2 || Convert.FromHexString(text, key, out _, out var size) != System.Buffers.OperationStatus.Done || size != key.Length) return false;
        target = DhtItem.TargetOf(key, salt);
        return true;
    }
}
