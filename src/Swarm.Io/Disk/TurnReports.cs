using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>What one worker did in one turn, by storage: becomes at most one <see cref="IDisk.Written"/> each. Entries are used again.</summary>
internal sealed class TurnReports
{
    private readonly List<Entry> _entries = [];
    private int _count;

    /// <summary>Counts jobs as done.</summary>
    public void Done(DiskStorage storage, int jobs = 1) => For(storage).Jobs += jobs;

    /// <summary>Counts blocks as written, or as there already.</summary>
    public void Written(DiskStorage storage, int blocks) => For(storage).Blocks += blocks;

    /// <summary>Notes a piece's result.</summary>
    public void Result(DiskStorage storage, PieceIndex piece, PieceState state) =>
        For(storage).Results.Add(new PieceResult(piece, state));

    /// <summary>Tells the owners, then counts the jobs out of their storages, in the order the storages came up; a fence that waited may start.</summary>
    public void Tell()
    {
        for (var i = 0; i < _count; i++)
        {
            var entry = _entries[i];
            var storage = entry.Storage!;
            if (entry.Blocks > 0 || entry.Results.Count > 0)
            {
                storage.Tell(new IDisk.Written(storage.Id, entry.Blocks, entry.Results.Count > 0 ? entry.Results.ToImmutable() : []));
            }

            storage.Complete(entry.Jobs);
            entry.Clear();
        }

        _count = 0;
    }

    private Entry For(DiskStorage storage)
    {
        // A turn knows few storages, and mostly the same one again.
        for (var i = _count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_entries[i].Storage, storage)) return _entries[i];
        }

        if (_count == _entries.Count) _entries.Add(new Entry());
        var entry = _entries[_count++];
        entry.Storage = storage;
        return entry;
    }

    private sealed class Entry
    {
        public DiskStorage? Storage { get; set; }

        public int Jobs { get; set; }

        public int Blocks { get; set; }

        public ImmutableArray<PieceResult>.Builder Results { get; } = ImmutableArray.CreateBuilder<PieceResult>();

        public void Clear()
        {
            Storage = null;
            Jobs = Blocks = 0;
            Results.Clear();
        }
    }
}
