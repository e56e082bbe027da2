using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Storage;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Dht;

/// <summary>Fuzz: KrpcDecoder, and with it the walks over nodes and peers and the check of items, against noise and mutated vectors.</summary>
public sealed class KrpcFuzzTests
{
    private static readonly byte[][] Valid =
        [.. Vectors.Load("krpc_messages.json").GetProperty("valid").EnumerateArray().Concat(Vectors.Load("krpc_messages.json").GetProperty("hostile").EnumerateArray()).Select(vector => vector.Hex("hex"))];

    [Fact]
    public void Fuzzed_datagrams_never_throw_and_what_is_read_lies_within_them()
    {
        var (read, faults) = (0, 0);
        foreach (var bytes in Fuzz.Inputs(7, 30_000, Valid, "dlei0123456789:aqrtyvk-"u8.ToArray()))
        {
            if (!KrpcDecoder.TryDecode(bytes, KrpcLimits.Default, out var message)) continue;
            read++;
            if (message.Fault != KrpcFault.None) faults++;
            message.TransactionId.Length.ShouldBeInRange(1, KrpcLimits.Default.MaxTransactionId);
            message.PublicKey.Length.ShouldBeOneOf(0, 32);
            message.Signature.Length.ShouldBeOneOf(0, 64);
            (message.Samples.Length % 20).ShouldBe(0);
            message.SampleInterval.ShouldBeInRange(0, 21_600);
            var count = 0;
            foreach (var node in message.Nodes) count += node.Address.IsIPv4 ? 1 : 1_000_000;
            foreach (var node in message.Nodes6) count += node.Address.IsIPv4 ? 1_000_000 : 1;
            foreach (var peer in message.Peers) count += peer.CompactSize > 0 ? 1 : 0;
            count.ShouldBeLessThanOrEqualTo(bytes.Length);
            if (!message.Value.IsEmpty && DhtItem.Check(message.Value, message.Salt) is null)
            {
                using var document = BencodeDocument.Parse(message.Value, BencodeLimits.Default);
                document.Error.ShouldBeNull();
            }
        }

        read.ShouldBeGreaterThan(1_000);
        faults.ShouldBeGreaterThan(100);
    }
}
