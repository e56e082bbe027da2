using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Host;

/// <summary>
/// What has changed in the list of a node's torrents since it was last read: for each torrent its newest row, or that it is gone. A reader that falls behind loses nothing but the steps in between, so what waits
/// is bounded by the number of torrents. It begins with every torrent there is. Made by <see cref="SwarmNode.FollowRows"/>; one reader; ends when it is disposed of or the node ends.
/// </summary>
public sealed class RowFeed : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Action _unsubscribe;
    private Dictionary<InfoHash, TorrentRow?> _changes = [];
    private bool _ended;

    internal RowFeed(Func<RowFeed, Action> subscribe) => _unsubscribe = subscribe(this);

    /// <summary>Changes: rows that are new or other than before, and torrents that are gone. In the order of their hashes.</summary>
    public sealed record Changes(ImmutableArray<TorrentRow> Rows, ImmutableArray<InfoHash> Removed);

    /// <summary>Waits until something has changed and gives all of it; null: the node has ended, or the feed was disposed of.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is lost.</exception>
    public async Task<Changes?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (Take() is { } changes) return changes;
            if (_ended) return null;
            await _signal.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _unsubscribe();
        End();
    }

    internal void Put(ImmutableArray<TorrentRow> rows)
    {
        lock (_gate)
        {
            foreach (var row in rows) _changes[row.Torrent] = row;
        }

        Signal();
    }

    internal void PutRemoved(InfoHash torrent)
    {
        lock (_gate) _changes[torrent] = null;
        Signal();
    }

    internal void End()
    {
        lock (_gate) _ended = true;
        Signal();
    }

    private Changes? Take()
    {
        Dictionary<InfoHash, TorrentRow?> taken;
        lock (_gate)
        {
            if (_changes.Count == 0) return null;
            taken = _changes;
            _changes = [];
        }

        return new Changes(
            [.. taken.Values.Where(row => row is not null).Select(row => row!).OrderBy(row => row.Torrent)],
            [.. taken.Where(change => change.Value is null).Select(change => change.Key).Order()]);
    }

    // One reader: one signal that stands is enough, and whoever puts while it stands is read with it.
    private void Signal()
    {
        lock (_gate)
        {
            if (_signal.CurrentCount == 0) _signal.Release();
        }
    }
}
