using System.Collections.Immutable;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Where a member is in its life. The numbers are on the wire and in the table and are never used again.</summary>
public enum MemberState
{
    /// <summary>In the table, not yet heard by enough others; it is given nothing.</summary>
    Joining = 1,

    /// <summary>It works.</summary>
    Up = 2,

    /// <summary>It works, and is given nothing more; what it has is being copied elsewhere.</summary>
    Draining = 3,

    /// <summary>The others took it for dead. Final: a process that hears this of itself stops and joins anew.</summary>
    Down = 4,

    /// <summary>It went in good order. Final.</summary>
    Left = 5,
}

/// <summary>What a member is for; flags.</summary>
[Flags]
public enum MemberRoles
{
    /// <summary>Nothing: it only steers.</summary>
    None = 0,

    /// <summary>It stores and serves torrents.</summary>
    Storage = 1,

    /// <summary>It may plan placement.</summary>
    Planner = 2,
}

/// <summary>What a member says of itself when it joins.</summary>
public sealed record MemberTraits
{
    /// <summary>The place where its content lies. One node's own, unless several nodes name the same, which says that they see the same files. 1 to <see cref="ClusterLimits.MaxNameLength"/> characters.</summary>
    public required string Storage { get; init; }

    /// <summary>What fails together: a rack, a site. Replicas are spread over zones. Empty: the one zone of all that name none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Its share of torrents relative to others, 0.01 to 1,000.</summary>
    public double Weight { get; init => field = Setting.InRange(value, 0.01, 1_000.0); } = 1;

    /// <summary>What it is for.</summary>
    public MemberRoles Roles { get; init; } = MemberRoles.Storage | MemberRoles.Planner;

    /// <summary>Where its torrents listen for peers, as <c>address:port</c>; at most <see cref="ClusterLimits.MaxPeerEndPoints"/>.</summary>
    public ImmutableArray<string> PeerEndPoints { get; init; } = [];

    /// <summary>The version of the messages that it speaks.</summary>
    public int MessageVersion { get; init; } = ClusterCodec.Version;
}

/// <summary>Somebody takes a member for dead, since a moment of the database's clock.</summary>
public sealed record Suspicion(MemberId Voter, long AtTicks);

/// <summary>
/// A row of the membership table. Moments are UTC ticks of the database's clock and are compared with nothing else.
/// <paramref name="AliveUntilTicks"/>: the end of its session. <paramref name="SinceTicks"/>: when it came into its state. <paramref name="FreeBytes"/>: room on its storage as it last said.
/// </summary>
public sealed record Member(MemberId Id, MemberTraits Traits, MemberState State, long SinceTicks, long AliveUntilTicks, long FreeBytes, ImmutableArray<Suspicion> Suspicions)
{
    /// <summary>Whether it has not ended, by the table: joining, up or draining.</summary>
    public bool IsLive => State is MemberState.Joining or MemberState.Up or MemberState.Draining;

    /// <summary>Whether it has work: up or draining.</summary>
    public bool IsWorking => State is MemberState.Up or MemberState.Draining;

    /// <summary>Whether its session runs, at a moment of the database's clock.</summary>
    public bool HasSession(long nowTicks) => AliveUntilTicks > nowTicks;
}
