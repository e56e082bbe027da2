using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.TestKit.Store;

/// <summary>What stands in a store. Immutable, so that a batch that is not to be committed leaves no trace: it is thrown away.</summary>
internal sealed record StoreState(ImmutableSortedDictionary<InfoHash, StoredTorrent> Torrents, ImmutableSortedDictionary<InfoHash, StoredLease> Leases, long LastToken, long LastSequence)
{
    /// <summary>What nodes keep for themselves, by name.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<byte>> Notes { get; private init; } = ImmutableSortedDictionary.Create<string, ImmutableArray<byte>>(StringComparer.Ordinal);

    public static StoreState Empty { get; } = new(ImmutableSortedDictionary<InfoHash, StoredTorrent>.Empty, ImmutableSortedDictionary<InfoHash, StoredLease>.Empty, 0, 0);

    /// <summary>The torrents in the order of their addition.</summary>
    public IEnumerable<InfoHash> Listed => Torrents.OrderBy(torrent => torrent.Value.Sequence).Select(torrent => torrent.Key);

    /// <summary>Takes away the leases of owners.</summary>
    public StoreState WithoutLeasesOf(Predicate<StoreOwner> owner) => this with { Leases = Leases.RemoveRange(Leases.Where(lease => owner(lease.Value.Owner)).Select(lease => lease.Key)) };

    /// <summary>Hands the leases of an owner to a dead one of its name.</summary>
    public StoreState WithLapsedLeasesOf(StoreOwner owner)
    {
        var dead = new StoreOwner(owner.Name) { IsAlive = false };
        return this with { Leases = Leases.SetItems(Leases.Where(lease => lease.Value.Owner == owner).Select(lease => KeyValuePair.Create(lease.Key, lease.Value with { Owner = dead }))) };
    }

    /// <summary>Adds a torrent, or replaces what it is and how far.</summary>
    public StoreState With(InfoHash torrent, TorrentRecord record, ProgressRecord? progress)
    {
        var stored = Put(torrent, record);
        return stored with { Torrents = stored.Torrents.SetItem(torrent, stored.Torrents[torrent] with { Progress = progress is null ? null : Stored(progress) }) };
    }

    /// <summary>Does the commands of an owner in order, with one outcome for each.</summary>
    public StoreState Do(ImmutableArray<StoreCommand> commands, StoreOwner owner, int maxTorrents, out ImmutableArray<StoreOutcome> outcomes)
    {
        var state = this;
        var done = ImmutableArray.CreateBuilder<StoreOutcome>(commands.Length);
        foreach (var command in commands)
        {
            state = state.Do(command, owner, maxTorrents, out var outcome);
            done.Add(outcome);
        }

        outcomes = done.MoveToImmutable();
        return state;
    }

    private static ProgressRecord Stored(ProgressRecord progress) => progress with
    {
        Verified = progress.Verified.IsDefault ? [] : progress.Verified,
        Files = progress.Files.IsDefault ? [] : [.. progress.Files.Select(file => file.Exists ? file : FileFingerprint.Absent)],
    };

    private StoreState Do(StoreCommand command, StoreOwner owner, int maxTorrents, out StoreOutcome outcome)
    {
        outcome = new StoreOutcome.Done();
        switch (command)
        {
            case StoreCommand.AcquireLease acquire:
                return Acquire(acquire.Torrent, owner, out outcome);
            case StoreCommand.LoadTorrent load:
                var found = Torrents.GetValueOrDefault(load.Torrent);
                outcome = new StoreOutcome.Loaded(found?.Record, found?.Progress);
                return this;
            case StoreCommand.ListTorrents:
                outcome = new StoreOutcome.Listed([.. Listed.Take(maxTorrents)]);
                return this;
            case StoreCommand.ReleaseLease release:
                // With a stale token there is nothing to give back, and nobody needs to hear of it.
                return Holds(release.Torrent, release.Token) ? this with { Leases = Leases.Remove(release.Torrent) } : this;
            case StoreCommand.PutTorrent put when Holds(put.Torrent, put.Token):
                return Put(put.Torrent, put.Record);
            case StoreCommand.PutOptions put when Holds(put.Torrent, put.Token):
                return Change(put.Torrent, torrent => torrent with { Record = torrent.Record with { Folder = put.Options.Folder, Options = Stored(put.Options), Unfinished = put.Unfinished } });
            case StoreCommand.PutProgress put when Holds(put.Torrent, put.Token):
                return Change(put.Torrent, torrent => torrent with { Record = torrent.Record with { Summary = put.Summary ?? torrent.Record.Summary }, Progress = Stored(put.Progress) });
            case StoreCommand.TakeUp take:
                return TakeUp(take, owner, out outcome);
            case StoreCommand.RemoveTorrent remove when Holds(remove.Torrent, remove.Token):
                return this with { Torrents = Torrents.Remove(remove.Torrent) };
            case StoreCommand.LoadNote load:
                outcome = new StoreOutcome.Note(Notes.GetValueOrDefault(load.Name, []));
                return this;
            case StoreCommand.PutNote put:
                return this with { Notes = Notes.SetItem(put.Name, put.Value.IsDefault ? [] : put.Value) };
            default:
                outcome = new StoreOutcome.Fenced();
                return this;
        }
    }

    // Where the torrent has been removed there is nothing to be changed.
    private StoreState Change(InfoHash torrent, Func<StoredTorrent, StoredTorrent> change) =>
        Torrents.TryGetValue(torrent, out var stored) ? this with { Torrents = Torrents.SetItem(torrent, change(stored)) } : this;

    // What is of one run only is not kept.
    private static TorrentOptions Stored(TorrentOptions options) => options with { Peers = [], Recheck = false, TrustExisting = false };

    private StoreState TakeUp(StoreCommand.TakeUp command, StoreOwner owner, out StoreOutcome outcome)
    {
        var state = this;
        var last = command.After;
        var taken = ImmutableArray.CreateBuilder<TakenTorrent>();
        foreach (var (torrent, stored) in Torrents.Where(torrent => torrent.Value.Sequence > command.After).OrderBy(torrent => torrent.Value.Sequence).Take(command.Limit))
        {
            last = stored.Sequence;
            string? heldBy = null;
            if (!state.Leases.TryGetValue(torrent, out var lease) || lease.Owner != owner)
            {
                state = state.Acquire(torrent, owner, out var acquired);
                heldBy = (acquired as StoreOutcome.HeldBy)?.Owner;
            }

            var record = stored.Record;
            taken.Add(new TakenTorrent(torrent, heldBy, record.Magnet, record.AddedTicks, record.Options, record.Unfinished, record.Summary));
        }

        outcome = new StoreOutcome.TakenUp(taken.ToImmutable(), last);
        return state;
    }

    private StoreState Acquire(InfoHash torrent, StoreOwner owner, out StoreOutcome outcome)
    {
        if (Leases.TryGetValue(torrent, out var held) && held.Owner != owner && held.Holds(owner))
        {
            outcome = new StoreOutcome.HeldBy(held.Owner.Name);
            return this;
        }

        var token = LastToken + 1;
        outcome = new StoreOutcome.Leased(token);
        return this with { LastToken = token, Leases = Leases.SetItem(torrent, new StoredLease(owner, token, owner.Sessions?.Current(owner.Name) ?? 0)) };
    }

    private StoreState Put(InfoHash torrent, TorrentRecord record)
    {
        var stored = record with { Metainfo = record.Metainfo.IsDefault ? [] : record.Metainfo, Options = Stored(record.Options) with { Folder = record.Folder } };
        if (Torrents.TryGetValue(torrent, out var known)) return this with { Torrents = Torrents.SetItem(torrent, known with { Record = stored }) };
        return this with { LastSequence = LastSequence + 1, Torrents = Torrents.Add(torrent, new StoredTorrent(LastSequence + 1, stored, Progress: null)) };
    }

    private bool Holds(InfoHash torrent, long token) => Leases.TryGetValue(torrent, out var lease) && lease.Token == token;
}

/// <summary>A torrent in a store, and when it was added among the others.</summary>
internal sealed record StoredTorrent(long Sequence, TorrentRecord Record, ProgressRecord? Progress);

/// <summary>Who runs a torrent, under which token.</summary>
internal sealed record StoredLease(StoreOwner Owner, long Token, long Session)
{
    /// <summary>Whether it is refused to another: its owner is alive, or the session in which it was taken is. Whoever has the owner's name is its successor.</summary>
    public bool Holds(StoreOwner against) => Owner.Sessions is { } sessions ? Owner.Name != against.Name && sessions.Holds(Owner.Name, Session) : Owner.IsAlive;
}

/// <summary>Sessions of a cluster, by which leases hold: which one a process of a name has now, and whether it is over.</summary>
internal sealed record StoreSessions(Func<string, long> Current, Func<string, long, bool> Holds);

/// <summary>A process that opened a store. It is alive until it closes or is killed, as a process is while the system holds its lock.</summary>
internal sealed class StoreOwner(string name)
{
    public string Name { get; } = name;

    public bool IsAlive { get; set; } = true;

    /// <summary>The sessions by which what it takes holds; null: it holds while the process is alive.</summary>
    public StoreSessions? Sessions { get; init; }
}
