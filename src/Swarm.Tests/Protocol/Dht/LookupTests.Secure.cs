using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;

namespace Swarm.Tests.Protocol.Dht;

// The closest nodes whose id follows from their address (BEP 42).
public sealed partial class LookupTests
{
    [Fact]
    public void Closest_without_secure_ids_are_joined_by_the_closest_secure_ones()
    {
        var lookup = Begin(KrpcMethod.GetPeers);
        var crowd = Near(8, 60);
        var secure = Secure(6);
        foreach (var node in crowd.Concat(secure)) lookup.AddNode(node);
        AnswerAll(lookup, [.. crowd, .. secure]);
        lookup.End.ShouldBe(LookupEnd.Complete);
        lookup.ClosestNodes().Select(node => node.Contact).ShouldBe(crowd);
        lookup.NodesToStoreAt().Select(node => node.Contact).ShouldBe([.. crowd, .. secure.Take(4)]);
        lookup.Queries.ShouldBe(12);
    }
}
