using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>A store in memory, in virtual time, with leases and fencing.</summary>
internal sealed class MemoryStore(Simulation sim) : IStore
{
    private long _lastToken;

    public Dictionary<InfoHash, TorrentRecord> Records { get; } = [];

    public Dictionary<InfoHash, ProgressRecord> Progress { get; } = [];

    public Dictionary<InfoHash, long> Leases { get; } = [];

    /// <summary>Who holds a lease outside of this process.</summary>
    public Dictionary<InfoHash, string> HeldElsewhere { get; } = [];

    /// <summary>Kinds of the commands done, in order.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Batches are failed for good with this reason.</summary>
    public string? Broken { get; set; }

    /// <summary>Batches that hold a command of this kind fail, though trying again may help.</summary>
    public string? Refused { get; set; }

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Called when a command is done.</summary>
    public Action<StoreCommand> OnDone { get; set; } = _ => { };

    public void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo) => sim.Schedule(Delay, () =>
    {
        if (Broken is not null) replyTo.Tell(new IStore.Failed(batch, Broken, Transient: false), ActorRefs.NoSender);
        else if (commands.Any(command => command.GetType().Name == Refused)) replyTo.Tell(new IStore.Failed(batch, "refused", Transient: true), ActorRefs.NoSender);
        else replyTo.Tell(new IStore.Committed(batch, [.. commands.Select(Do)]), ActorRefs.NoSender);
    });

    private StoreOutcome Do(StoreCommand command)
    {
        Log.Add(command.GetType().Name);
        OnDone(command);
        switch (command)
        {
            case StoreCommand.AcquireLease acquire when HeldElsewhere.TryGetValue(acquire.Torrent, out var owner): return new StoreOutcome.HeldBy(owner);
            case StoreCommand.AcquireLease acquire:
                Leases[acquire.Torrent] = ++_lastToken;
                return new StoreOutcome.Leased(_lastToken);
            case StoreCommand.LoadTorrent load: return new StoreOutcome.Loaded(Records.GetValueOrDefault(load.Torrent), Progress.GetValueOrDefault(load.Torrent));
            case StoreCommand.ListTorrents: return new StoreOutcome.Listed([.. Records.Keys]);
            case StoreCommand.PutTorrent put when Holds(put.Torrent, put.Token): Records[put.Torrent] = put.Record; break;
            case StoreCommand.PutProgress put when Holds(put.Torrent, put.Token): Progress[put.Torrent] = put.Progress; break;
            case StoreCommand.ReleaseLease release when Holds(release.Torrent, release.Token): Leases.Remove(release.Torrent); break;
            default: return new StoreOutcome.Fenced();
        }

        return new StoreOutcome.Done();
    }

    private bool Holds(InfoHash torrent, long token) => Leases.TryGetValue(torrent, out var held) && held == token;
}
