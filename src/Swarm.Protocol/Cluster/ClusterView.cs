using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// What a node knows of the cluster, as of one read: members, and every torrent. Immutable and shared by all actors of the node. Each read gives the next view, which is never older in any part, unless the tables themselves were set back.
/// </summary>
public sealed record ClusterView
{
    /// <summary>Nothing is known yet.</summary>
    public static ClusterView Empty { get; } = new();

    /// <summary>The database's clock at the read.</summary>
    public long NowTicks { get; private init; }

    /// <summary>The version of the membership table.</summary>
    public long Version { get; private init; }

    /// <summary>The members, by identity, ended ones included.</summary>
    public ImmutableArray<Member> Members { get; private init; } = [];

    /// <summary>Named leases, by name.</summary>
    public ImmutableArray<NamedLease> Leases { get; private init; } = [];

    /// <summary>The torrents, without those that are forgotten.</summary>
    public ImmutableSortedDictionary<InfoHash, PlacedTorrent> Torrents { get; private init; } = ImmutableSortedDictionary<InfoHash, PlacedTorrent>.Empty;

    /// <summary>Those of them that changed with this read, and those that were forgotten.</summary>
    public ImmutableArray<InfoHash> Changed { get; private init; } = [];

    /// <summary>Whether the members changed with this read; a session that was renewed is no change.</summary>
    public bool MembersChanged { get; private init; }

    /// <summary>Bans that all members share, by address, those that were lifted or have ended included until others change; at most <see cref="ClusterLimits.MaxBans"/>.</summary>
    public ImmutableSortedDictionary<string, SharedBan> Bans { get; private init; } = ImmutableSortedDictionary.Create<string, SharedBan>(StringComparer.Ordinal);

    /// <summary>Those of them that changed with this read.</summary>
    public ImmutableArray<SharedBan> ChangedBans { get; private init; } = [];

    /// <summary>Where the next read of bans begins.</summary>
    public long UpToBan { get; private init; }

    /// <summary>Where the next read begins.</summary>
    public long UpToChange { get; private init; }

    /// <summary>Whether every change up to the read is in it: a view that is being caught up is not complete, and nothing is decided by what it lacks.</summary>
    public bool IsCaughtUp { get; private init; }

    /// <summary>The last change there was when its first page was read.</summary>
    private long BegunAt { get; init; }

    /// <summary>Of a view that is being read anew, those that have not been read again yet.</summary>
    private ImmutableSortedSet<InfoHash> Unread { get; init; } = [];

    /// <summary>The member of an identity, or null.</summary>
    public Member? Find(MemberId id)
    {
        foreach (var member in Members)
        {
            if (member.Id == id) return member;
        }

        return null;
    }

    /// <summary>The members that work and whose sessions ran at the read: those that may be asked for something.</summary>
    public IEnumerable<Member> Working => Members.Where(member => member.IsWorking && member.HasSession(NowTicks));

    /// <summary>Who runs the replicas of a storage, of those that have it: the same at every node with the same view. Null: nobody is there.</summary>
    public MemberId? RunnerOf(string storage, InfoHash torrent)
    {
        MemberId? best = null;
        var most = 0UL;
        foreach (var member in Members)
        {
            if (!member.IsWorking || member.Traits.Storage != storage) continue;
            var score = ClusterHash.Combine(ClusterHash.Of(torrent), ClusterHash.Of(member.Id.EndPoint));
            if (best is not null && score <= most) continue;
            best = member.Id;
            most = score;
        }

        return best;
    }

    /// <summary>
    /// This view, to be read anew from the start: nothing is missing in it meanwhile, every torrent comes as changed once more, and what is not read again, because it was forgotten and purged, is gone with the last page.
    /// </summary>
    public ClusterView Anew() => this with { UpToChange = 0, UpToBan = 0, IsCaughtUp = false, Changed = [], ChangedBans = [], MembersChanged = false, Unread = [.. Torrents.Keys] };

    /// <summary>
    /// The view after a read that began at <see cref="UpToChange"/>. If what was purged since this view began may be in it still, or the tables count less than this view has seen (they were restored from a backup, or by a database that had not heard
    /// of everything), nothing is taken of the read and the view is <see cref="Anew"/>. Tables that were set back and have counted on beyond that since the last read are not told from others.
    /// </summary>
    public ClusterView With(ClusterOutcome.View read)
    {
        // A row that had been forgotten when the first page was read never got into the view; one that was forgotten later is among what is to be read, as long as it is there.
        var isFirst = UpToChange == 0;
        if (IsSetBack(read)) return Anew() with { Version = 0 };
        if (!isFirst && read.PurgedTo > Math.Max(UpToChange, BegunAt)) return Anew();
        var torrents = Torrents.ToBuilder();
        foreach (var torrent in read.Torrents)
        {
            if (torrent.IsForgotten) torrents.Remove(torrent.Wanted.Torrent);
            else torrents[torrent.Wanted.Torrent] = torrent;
        }

        var unread = Unread.IsEmpty ? Unread : Unread.Except(read.Torrents.Select(static torrent => torrent.Wanted.Torrent));
        var gone = read.HasMore ? [] : unread;
        torrents.RemoveRange(gone);
        return new ClusterView
        {
            NowTicks = read.NowTicks,
            Version = read.Version,
            Members = read.Members,
            Leases = read.Leases,
            Torrents = torrents.ToImmutable(),
            Changed = [.. read.Torrents.Select(static torrent => torrent.Wanted.Torrent), .. gone],
            MembersChanged = read.Version != Version,
            UpToChange = read.UpToChange,
            IsCaughtUp = !read.HasMore,
            BegunAt = isFirst ? read.LastChange : BegunAt,
            Unread = read.HasMore ? unread : [],
            Bans = WithBans(read),
            ChangedBans = read.Bans,
            UpToBan = read.UpToBan,
        };
    }

    private bool IsSetBack(ClusterOutcome.View read) => read.LastChange < UpToChange || read.LastBan < UpToBan || read.Version < Version;

    private ImmutableSortedDictionary<string, SharedBan> WithBans(ClusterOutcome.View read)
    {
        if (read.Bans.IsEmpty) return Bans;
        var bans = Bans.ToBuilder();
        foreach (var ban in read.Bans) bans[ban.Key] = ban;
        // What the tables have purged, or taken out to make room, is not told.
        bans.RemoveRange([.. bans.Values.Where(ban => ban.KeptUntilTicks <= read.NowTicks).Select(static ban => ban.Key)]);
        while (bans.Count > ClusterLimits.MaxBans) bans.Remove(bans.Values.MinBy(static ban => ban.KeptUntilTicks)!.Key);
        return bans.ToImmutable();
    }
}
