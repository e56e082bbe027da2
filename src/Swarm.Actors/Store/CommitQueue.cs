using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Store;

/// <summary>
/// What waits to be committed, in order, and who waits for it. Pure; owned by <see cref="StoreActor"/>.
/// <para>Progress is written often, and only the last one counts: where the last command that waits for a torrent is its progress under the same token, newer progress takes
/// its place, and whoever told either of them gets the same outcome. Nothing else of that torrent lies between, so no order that anybody could see changes.</para>
/// <para>Always holds: at most <see cref="StoreActorSettings.QueueLimit"/> waiters and <see cref="StoreActorSettings.QueueBytes"/> bytes wait; every waiter that was taken in
/// comes out with exactly one batch.</para>
/// </summary>
internal sealed class CommitQueue(StoreActorSettings settings)
{
    // A command's own size where it carries no bytes, and what each costs beside its bytes.
    private const long Overhead = 64;
    private readonly Queue<Entry> _entries = new();
    // The last command that waits for each torrent. Only looked up, never walked.
    private readonly Dictionary<InfoHash, Entry> _lastOf = [];
    private long _bytes;

    /// <summary>Senders that wait, those of coalesced progress included.</summary>
    public int Waiting { get; private set; }

    /// <summary>Whether there is nothing to commit.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Progress that was replaced by newer progress before it was written, ever.</summary>
    public long Coalesced { get; private set; }

    /// <summary>Takes a command in. Null, or why it is refused: one line for people.</summary>
    public string? Add(StoreCommand command, Waiter waiter)
    {
        var size = SizeOf(command);
        if (size > settings.CommandBytes) return $"It takes {size} bytes, more than the {settings.CommandBytes} that one entry of the store may have.";
        if (Waiting >= settings.QueueLimit) return $"The store is behind: {Waiting} requests wait already.";
        var replaced = Replaceable(command);
        var bytes = _bytes + size - (replaced?.Size ?? 0);
        if (bytes > settings.QueueBytes && !IsEmpty) return $"The store is behind: {_bytes} bytes wait already.";
        _bytes = bytes;
        Waiting++;
        if (replaced is null)
        {
            var entry = new Entry(command, size);
            entry.Waiters.Add(waiter);
            _entries.Enqueue(entry);
            if (TorrentOf(command) is { } torrent) _lastOf[torrent] = entry;
        }
        else
        {
            replaced.Replace(command, size);
            replaced.Waiters.Add(waiter);
            Coalesced++;
        }

        return null;
    }

    /// <summary>Takes out what makes the next batch: never empty unless the queue is.</summary>
    public ImmutableArray<Entry> TakeBatch()
    {
        var batch = ImmutableArray.CreateBuilder<Entry>();
        var bytes = 0L;
        while (batch.Count < settings.BatchLimit && _entries.TryPeek(out var entry) && (batch.Count == 0 || bytes + entry.Size <= settings.BatchBytes))
        {
            _entries.Dequeue();
            if (TorrentOf(entry.Command) is { } torrent && _lastOf.TryGetValue(torrent, out var last) && ReferenceEquals(last, entry)) _lastOf.Remove(torrent);
            bytes += entry.Size;
            Waiting -= entry.Waiters.Count;
            batch.Add(entry);
        }

        _bytes -= bytes;
        return batch.ToImmutable();
    }

    private Entry? Replaceable(StoreCommand command) =>
        command is StoreCommand.PutProgress put
        && _lastOf.TryGetValue(put.Torrent, out var last)
        && last.Command is StoreCommand.PutProgress earlier
        && earlier.Token == put.Token
            ? last
            : null;

    private static InfoHash? TorrentOf(StoreCommand command) => command switch
    {
        StoreCommand.AcquireLease it => it.Torrent,
        StoreCommand.ReleaseLease it => it.Torrent,
        StoreCommand.LoadTorrent it => it.Torrent,
        StoreCommand.PutTorrent it => it.Torrent,
        StoreCommand.PutOptions it => it.Torrent,
        StoreCommand.PutProgress it => it.Torrent,
        StoreCommand.RemoveTorrent it => it.Torrent,
        _ => null,
    };

    private static long SizeOf(StoreCommand command) => Overhead + command switch
    {
        StoreCommand.PutTorrent put =>
            Length(put.Record.Metainfo) + (sizeof(char) * (long)(put.Record.Magnet?.Length ?? 0)) + SizeOf(put.Record.Options),
        StoreCommand.PutOptions put => SizeOf(put.Options),
        StoreCommand.PutProgress put => Length(put.Progress.Verified) + (24 * Length(put.Progress.Files)),
        StoreCommand.PutNote put => Length(put.Value),
        _ => 0,
    };

    private static long SizeOf(TorrentOptions options) =>
        (sizeof(char) * ((long)options.Folder.Length + options.Name.Length + options.RenamedFiles.Sum(file => (long)file.Value.Length))) + (24L * options.FilePriorities.Count);

    private static long Length<T>(ImmutableArray<T> array) => array.IsDefault ? 0 : array.Length;

    /// <summary>Somebody who waits for an outcome, and the tag by which he knows it.</summary>
    internal readonly record struct Waiter(IActorRef Actor, long Tag);

    /// <summary>A command and everybody who waits for its outcome.</summary>
    internal sealed class Entry(StoreCommand command, long size)
    {
        public StoreCommand Command { get; private set; } = command;

        public long Size { get; private set; } = size;

        public List<Waiter> Waiters { get; } = [];

        public void Replace(StoreCommand command, long size)
        {
            Command = command;
            Size = size;
        }
    }
}
