using System.Text;
using Swarm.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Bencoding;

public sealed class BencodeReaderTests
{
    [Fact]
    public void Tokens_come_in_order_with_their_places()
    {
        var reader = new BencodeReader("d1:ali-5ee1:b0:e"u8, BencodeLimits.Default);
        var seen = new List<string>();
        while (reader.Read()) seen.Add($"{reader.Kind}{(reader.IsKey ? "*" : "")}@{reader.TokenStart}-{reader.Position}/{reader.Depth}");
        seen.ShouldBe(
        [
            "Dictionary@0-1/1", "String*@1-4/1", "List@4-5/2", "Integer@5-9/2", "End@9-10/1", "String*@10-13/1", "String@13-15/1", "End@15-16/0",
        ]);
        reader.IsComplete.ShouldBeTrue();
        reader.Error.ShouldBeNull();
        reader.Read().ShouldBeFalse();
    }

    [Fact]
    public void Reading_stops_at_the_first_error_and_stays_there()
    {
        var reader = new BencodeReader("l1:ax"u8, BencodeLimits.Default);
        reader.Read().ShouldBeTrue();
        reader.Read().ShouldBeTrue();
        Encoding.ASCII.GetString(reader.String).ShouldBe("a");
        reader.Read().ShouldBeFalse();
        reader.Read().ShouldBeFalse();
        reader.Error.ShouldBe(new BencodeError(BencodeErrorReason.UnknownToken, 4));
        reader.IsComplete.ShouldBeFalse();
    }
}
