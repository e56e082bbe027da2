#pragma warning disable IDE0060, CA1822, CS1591, CA1024 // The surface stands before what is behind it.
using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Store;

public sealed class SimStore
{
    public SimStore(Simulation simulation, Random random, SimStoreSettings settings) { Settings = settings; _ = simulation; _ = random; }

    /// <summary>May be replaced at any time.</summary>
    public SimStoreSettings Settings { get; set; }

    /// <summary>A process opens the store. <paramref name="owner"/> names it for people and for Kill/Close; it may open again once killed or closed.</summary>
    public IStore Open(string owner) => throw new InvalidOperationException(owner);

    /// <summary>The process dies: a batch under way was or was not done, as the seed says, nothing queued is, no answer comes, and its leases are free.</summary>
    public void Kill(string owner) { }

    /// <summary>The process leaves in good order: what is queued is done now, its leases are given back.</summary>
    public void Close(string owner) { }

    // For checkers
    /// <summary>Called after each commit, answered or not: owner, commands, outcomes.</summary>
    public Action<string, ImmutableArray<StoreCommand>, ImmutableArray<StoreOutcome>>? Committed { get; set; }
    public ImmutableArray<InfoHash> Torrents => [];
    public TorrentRecord? RecordOf(InfoHash torrent) => null;
    public ProgressRecord? ProgressOf(InfoHash torrent) => null;
    /// <summary>Who holds the lease (alive or not), under which token.</summary>
    public (string Owner, long Token)? LeaseOf(InfoHash torrent) => null;
    public int BatchesPending => 0;
    public ImmutableArray<string> Owners => [];
}
