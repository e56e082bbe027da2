using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// Who watches whom: members on a ring by a hash of their end points, each pinging the next few. The same at every node with the same members. A round of heartbeats costs two datagrams for each pair, so it grows with the members and not with
/// their square, and who watches whom has nothing to do with racks or names.
/// </summary>
public static class NeighbourRing
{
    /// <summary>The members after one on the ring, at most so many, the nearest first; never itself.</summary>
    public static ImmutableArray<MemberId> After(MemberId self, IEnumerable<MemberId> members, int count) => [.. Ring(self, members).Take(count)];

    /// <summary>The members before one on the ring, at most so many, the nearest first: those that watch it.</summary>
    public static ImmutableArray<MemberId> Before(MemberId self, IEnumerable<MemberId> members, int count) => [.. Ring(self, members).AsEnumerable().Reverse().Take(count)];

    // The others, beginning behind oneself and once around.
    private static List<MemberId> Ring(MemberId self, IEnumerable<MemberId> members)
    {
        var place = Place(self);
        var others = members.Where(member => member != self).OrderBy(Place).ToList();
        var first = others.FindIndex(member => Place(member).CompareTo(place) > 0);
        return first <= 0 ? others : [.. others[first..], .. others[..first]];
    }

    private static (ulong Hash, MemberId Id) Place(MemberId member) => (ClusterHash.Of(member.EndPoint), member);
}
