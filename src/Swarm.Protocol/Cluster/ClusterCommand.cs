using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>
/// Something to do in the tables of the cluster. Every one may be done twice with the effect of once, or a harmless one, because after a time-out nobody knows; all but <see cref="Join"/>, whose loser stays as a
/// member that nobody is and is superseded by the next join from the same end point.
/// </summary>
public abstract record ClusterCommand
{
    private ClusterCommand() { }

    /// <summary>A process begins: <see cref="ClusterOutcome.Joined"/> or <see cref="ClusterOutcome.Refused"/>. Earlier generations of its end point are taken out: it could bind the end point, so they are gone.</summary>
    public sealed record Join(string EndPoint, MemberTraits Traits, TimeSpan Lease, long FreeBytes) : ClusterCommand
    {
        /// <summary>The greatest generation that the process has had; 0: none. The next one is greater, also where the tables were set back to an earlier state and do not know of it.</summary>
        public long LastGeneration { get; init; }
    }

    /// <summary>Lengthens a session to <paramref name="Lease"/> from now: <see cref="ClusterOutcome.Done"/>, or <see cref="ClusterOutcome.Ended"/> for a member that is not live any more.</summary>
    public sealed record Renew(MemberId Member, TimeSpan Lease, long FreeBytes) : ClusterCommand;

    /// <summary>Brings a member into another state, if the table still has this version: <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Conflict"/>, or <see cref="ClusterOutcome.Refused"/> for a way that there is not.</summary>
    public sealed record SetState(MemberId Member, MemberState State, long Version) : ClusterCommand;

    /// <summary>Votes that a member is dead, if the table still has this version; with <paramref name="Quorum"/> fresh votes it is down. <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Conflict"/> or <see cref="ClusterOutcome.Refused"/>.</summary>
    public sealed record Suspect(MemberId Member, MemberId Voter, TimeSpan VoteLifetime, int Quorum, long Version) : ClusterCommand;

    /// <summary>Makes a member down whose session ran out <paramref name="Grace"/> ago, if the table still has this version: <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Conflict"/> or <see cref="ClusterOutcome.Refused"/>.</summary>
    public sealed record DeclareExpired(MemberId Member, MemberId Judge, TimeSpan Grace, long Version) : ClusterCommand;

    /// <summary>Takes a named lease, or keeps it: <see cref="ClusterOutcome.Leased"/> or <see cref="ClusterOutcome.HeldBy"/>; <see cref="ClusterOutcome.Ended"/> for a member without a session.</summary>
    public sealed record AcquireLease(string Name, MemberId Member) : ClusterCommand
    {
        /// <summary>The greatest token that the member has heard of; 0: none. A new one is greater, also where the tables were set back to an earlier state: somebody may be writing under the old one.</summary>
        public long LastToken { get; init; }
    }

    /// <summary>Gives a named lease back: <see cref="ClusterOutcome.Done"/>, whoever has it.</summary>
    public sealed record ReleaseLease(string Name, long Token) : ClusterCommand;

    /// <summary>
    /// Adds a torrent; one that was removed is new. One that is there keeps what is wanted of it but for <see cref="WantedTorrent.Replicas"/>, and takes a name and a length where it has none. <paramref name="Source"/>: the .torrent file's bytes or the link's UTF-8.
    /// A link does not take a file's place. <see cref="ClusterOutcome.Done"/> or <see cref="ClusterOutcome.Refused"/>.
    /// </summary>
    public sealed record AddTorrent(WantedTorrent Wanted, ImmutableArray<byte> Source) : ClusterCommand
    {
        /// <summary>Peers that the link names, as <c>host:port</c>: kept beside the source, whatever takes the link's place; at most <see cref="ClusterLimits.MaxHints"/>, those of earlier links go first. What is no <see cref="HostEndPoint"/> is left out.</summary>
        public ImmutableArray<string> Hints { get; init; } = [];
    }

    /// <summary>Changes what is wanted of a torrent, and nothing that <paramref name="Changes"/> does not name: <see cref="ClusterOutcome.Done"/>, or <see cref="ClusterOutcome.Refused"/> where there is no such torrent or it is being removed.</summary>
    public sealed record ChangeTorrent(InfoHash Torrent, WantedChanges Changes) : ClusterCommand;

    /// <summary>
    /// A member that has fetched what a torrent's link names says what it is. <paramref name="Source"/>: the .torrent file's bytes, or empty to keep the link. Only what a link left open is written: of a torrent whose source is a file, or that is being removed, nothing.
    /// <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Ended"/> for a member that is not live, or <see cref="ClusterOutcome.Refused"/> where the source is too large.
    /// </summary>
    public sealed record Describe(MemberId Member, InfoHash Torrent, string Name, long Length, ImmutableArray<byte> Source) : ClusterCommand
    {
        /// <summary>Peers that the link names: a member of a version that keeps none may have added it.</summary>
        public ImmutableArray<string> Hints { get; init; } = [];
    }

    /// <summary>Reads a torrent's source: <see cref="ClusterOutcome.Source"/>.</summary>
    public sealed record LoadSource(InfoHash Torrent) : ClusterCommand;

    /// <summary>A storage is to have a torrent: <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Fenced"/> or <see cref="ClusterOutcome.Refused"/>. <paramref name="Token"/> is the planner's.</summary>
    public sealed record Assign(InfoHash Torrent, string Storage, long Token) : ClusterCommand;

    /// <summary>A storage is to forget a torrent, if so many others as are wanted are complete then: <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Fenced"/> or <see cref="ClusterOutcome.Refused"/>.</summary>
    public sealed record Drop(InfoHash Torrent, string Storage, long Token) : ClusterCommand;

    /// <summary>A member says how the replica at its storage is: <see cref="ClusterOutcome.Done"/>, <see cref="ClusterOutcome.Ended"/> or, where none is placed there, <see cref="ClusterOutcome.Refused"/>.</summary>
    public sealed record Report(MemberId Member, InfoHash Torrent, Replica Replica) : ClusterCommand;

    /// <summary>A member's storage has forgotten a torrent: <see cref="ClusterOutcome.Done"/> or <see cref="ClusterOutcome.Ended"/>.</summary>
    public sealed record ReportGone(MemberId Member, InfoHash Torrent) : ClusterCommand;

    /// <summary>Bans an address for <see cref="Ban.Left"/> from now, unless it is banned for longer: <see cref="ClusterOutcome.Done"/>, or <see cref="ClusterOutcome.Refused"/> where there are <see cref="ClusterLimits.MaxBans"/> that are kept longer.</summary>
    public sealed record SetBan(Ban Ban) : ClusterCommand;

    /// <summary>Ends the ban of an address now, for all members, whatever they heard of it in whatever way; remembered for <paramref name="Remembered"/>, which is to be the longest ban that there may be. <see cref="ClusterOutcome.Done"/>, or <see cref="ClusterOutcome.Refused"/> as above.</summary>
    public sealed record LiftBan(IPAddress Address, string By, TimeSpan Remembered) : ClusterCommand;

    /// <summary>
    /// Takes out rows of torrents that were forgotten at least <paramref name="Retention"/> ago, the oldest first and at most <paramref name="Limit"/>: <see cref="ClusterOutcome.Purged"/> or <see cref="ClusterOutcome.Fenced"/>. <paramref name="Token"/> is the planner's.
    /// Replicas of removed torrents at storages that no member has had for a retention are given up, likewise bounded, so that a torrent is forgotten though a machine never comes back. Bans whose time to be kept is over go as well, likewise bounded. How long ago is counted from a mark that a purge sets when it has taken out all before the last one, so a row goes after one retention to two.
    /// </summary>
    public sealed record Purge(TimeSpan Retention, int Limit, long Token) : ClusterCommand;

    /// <summary>
    /// Reads all members, and at most <paramref name="Limit"/> torrents that changed after <paramref name="AfterChange"/> and as many bans that changed after <paramref name="AfterBan"/>, each in the order of their changes: <see cref="ClusterOutcome.View"/>.
    /// </summary>
    public sealed record Read(long AfterChange, int Limit, long AfterBan = 0) : ClusterCommand;
}

/// <summary>What came of a command.</summary>
public abstract record ClusterOutcome
{
    private ClusterOutcome() { }

    /// <summary>It is done, or was done before.</summary>
    public sealed record Done : ClusterOutcome;

    /// <summary>The process is this member, joining, with a session from now.</summary>
    public sealed record Joined(MemberId Member) : ClusterOutcome;

    /// <summary>The table has another version by now: read, and think again.</summary>
    public sealed record Conflict : ClusterOutcome;

    /// <summary>It may not be done; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Refused(string Reason) : ClusterOutcome;

    /// <summary>The member has ended: its process must stop all that it does as this member.</summary>
    public sealed record Ended : ClusterOutcome;

    /// <summary>The token is not the lease's any more.</summary>
    public sealed record Fenced : ClusterOutcome;

    /// <summary>The lease is the member's under this token, greater than every one before it unless it was its own.</summary>
    public sealed record Leased(long Token) : ClusterOutcome;

    /// <summary>Another member has the lease.</summary>
    public sealed record HeldBy(MemberId Member) : ClusterOutcome;

    /// <summary>So many rows were taken out. <paramref name="HasMore"/>: there are more that could be.</summary>
    public sealed record Purged(int Torrents, bool HasMore) : ClusterOutcome
    {
        /// <summary>Replicas of removed torrents that nobody waits for any more.</summary>
        public int GivenUp { get; init; }
    }

    /// <summary>A torrent's source; empty if there is no such torrent.</summary>
    public sealed record Source(ImmutableArray<byte> Bytes) : ClusterOutcome
    {
        /// <summary>Peers that its links named, as <c>host:port</c>.</summary>
        public ImmutableArray<string> Hints { get; init; } = [];
    }

    /// <summary>
    /// The tables as they are. <paramref name="NowTicks"/>: the database's clock. <paramref name="Version"/>: of the membership. <paramref name="Torrents"/>: those that changed. <paramref name="UpToChange"/>: where the next read goes on.
    /// <paramref name="HasMore"/>: there are more changes of torrents, or of bans, than were asked for.
    /// </summary>
    public sealed record View(long NowTicks, long Version, ImmutableArray<Member> Members, ImmutableArray<PlacedTorrent> Torrents, long UpToChange, bool HasMore) : ClusterOutcome
    {
        /// <summary>Named leases, by name; to be shown, nothing is decided by them.</summary>
        public ImmutableArray<NamedLease> Leases { get; init; } = [];

        /// <summary>The bans that changed, lifted ones included.</summary>
        public ImmutableArray<SharedBan> Bans { get; init; } = [];

        /// <summary>Where the next read of bans goes on.</summary>
        public long UpToBan { get; init; }

        /// <summary>The last change there was when it was read, whether or not it is among <see cref="Torrents"/>.</summary>
        public long LastChange { get; init; }

        /// <summary>The last change of a ban there was.</summary>
        public long LastBan { get; init; }

        /// <summary>Rows of forgotten torrents have been taken out, this change the last of them: who has read up to an earlier one may have missed that they were forgotten.</summary>
        public long PurgedTo { get; init; }
    }
}

/// <summary>A named lease: who took it last, and under which token. It holds while the session of its owner does.</summary>
public sealed record NamedLease(string Name, MemberId Owner, long Token);
