using System.Collections.Immutable;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// Lets torrents share what is the same in them: of a hundred thousand torrents most have one of a few lists of replicas, and each row that is read brings one of its own. Pure but for what it remembers; owned by whoever reads.
/// <para>Always holds: what is given back says the same as what was given. At most <see cref="MaxLists"/> lists are remembered; then it begins anew, and torrents that keep an older one share it no less.</para>
/// </summary>
public sealed class SharedReplicas
{
    /// <summary>Different lists of replicas that are remembered.</summary>
    public const int MaxLists = 4_096;

    private readonly Dictionary<ImmutableArray<Replica>, ImmutableArray<Replica>> _lists = new(SameReplicas.Instance);

    /// <summary>The torrent, with a list that it shares with others.</summary>
    public PlacedTorrent Share(PlacedTorrent torrent)
    {
        if (!_lists.TryGetValue(torrent.Replicas, out var shared))
        {
            if (_lists.Count >= MaxLists) _lists.Clear();
            _lists.Add(torrent.Replicas, torrent.Replicas);
            return torrent;
        }

        return shared == torrent.Replicas ? torrent : torrent with { Replicas = shared };
    }

    private sealed class SameReplicas : IEqualityComparer<ImmutableArray<Replica>>
    {
        public static readonly SameReplicas Instance = new();

        public bool Equals(ImmutableArray<Replica> x, ImmutableArray<Replica> y) => x.AsSpan().SequenceEqual(y.AsSpan());

        public int GetHashCode(ImmutableArray<Replica> replicas)
        {
            var hash = default(HashCode);
            foreach (var replica in replicas) hash.Add(replica);
            return hash.ToHashCode();
        }
    }
}
