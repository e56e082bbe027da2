using System.Collections.Immutable;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Ports;

/// <summary>
/// Durable state. One batch is one transaction: all of it or nothing, durable when <see cref="Committed"/> is told. The store actor is the only caller.
/// Every write of a torrent's state carries the fencing token of its lease; a stale token fails that command, and only that, with <see cref="StoreOutcome.Fenced"/>.
/// </summary>
public interface IStore
{
    /// <summary>Does the commands in order. Answers <see cref="Committed"/> or <see cref="Failed"/> with <paramref name="batch"/>.</summary>
    void Submit(long batch, ImmutableArray<StoreCommand> commands, IActorRef replyTo);

    /// <summary>The batch is durable; one outcome for each command, in order.</summary>
    sealed record Committed(long Batch, ImmutableArray<StoreOutcome> Outcomes);

    /// <summary>
    /// Nothing of the batch was done; or, where a server was cut off in the middle of the commit, nobody knows, and every command may be done twice. <paramref name="Transient"/>: trying again may help (busy, full disk, server away).
    /// </summary>
    sealed record Failed(long Batch, string Reason, bool Transient);
}

/// <summary>Something to do in the store.</summary>
public abstract record StoreCommand
{
    private StoreCommand() { }

    /// <summary>Takes the lease of a torrent, new or known: <see cref="StoreOutcome.Leased"/> or <see cref="StoreOutcome.HeldBy"/>.</summary>
    public sealed record AcquireLease(InfoHash Torrent) : StoreCommand;

    /// <summary>Gives a lease back: <see cref="StoreOutcome.Done"/>.</summary>
    public sealed record ReleaseLease(InfoHash Torrent, long Token) : StoreCommand;

    /// <summary>Reads a torrent: <see cref="StoreOutcome.Loaded"/>.</summary>
    public sealed record LoadTorrent(InfoHash Torrent) : StoreCommand;

    /// <summary>Reads the keys of all torrents: <see cref="StoreOutcome.Listed"/>.</summary>
    public sealed record ListTorrents : StoreCommand;

    /// <summary>Writes what a torrent is: <see cref="StoreOutcome.Done"/> or <see cref="StoreOutcome.Fenced"/>.</summary>
    public sealed record PutTorrent(InfoHash Torrent, long Token, TorrentRecord Record) : StoreCommand;

    /// <summary>Writes what its user wants of it and what was begun with it, and nothing else: <see cref="StoreOutcome.Done"/> or <see cref="StoreOutcome.Fenced"/>. The folder is the options'.</summary>
    public sealed record PutOptions(InfoHash Torrent, long Token, TorrentOptions Options, UnfinishedWork? Unfinished) : StoreCommand;

    /// <summary>Writes how far it is: <see cref="StoreOutcome.Done"/> or <see cref="StoreOutcome.Fenced"/>.</summary>
    public sealed record PutProgress(InfoHash Torrent, long Token, ProgressRecord Progress) : StoreCommand
    {
        /// <summary>What lists show from now on; null: what they did.</summary>
        public TorrentSummary? Summary { get; init; }
    }

    /// <summary>
    /// Reads the torrents added after one, in the order of their addition and <paramref name="Limit"/> at most, and takes the lease of each that nobody alive holds: <see cref="StoreOutcome.TakenUp"/>.
    /// A lease that is ours already stays as it is. <paramref name="After"/>: <see cref="StoreOutcome.TakenUp.Last"/> of the page before, or 0.
    /// </summary>
    public sealed record TakeUp(long After, int Limit) : StoreCommand;

    /// <summary>Removes a torrent and its progress: <see cref="StoreOutcome.Done"/> or <see cref="StoreOutcome.Fenced"/>.</summary>
    public sealed record RemoveTorrent(InfoHash Torrent, long Token) : StoreCommand;

    /// <summary>Reads what the node itself keeps under a name: <see cref="StoreOutcome.Note"/>.</summary>
    public sealed record LoadNote(string Name) : StoreCommand;

    /// <summary>Writes what the node itself keeps under a name, over what was there: <see cref="StoreOutcome.Done"/>. No lease guards it: of several processes the last one's word counts.</summary>
    public sealed record PutNote(string Name, ImmutableArray<byte> Value) : StoreCommand;
}

/// <summary>What came of a command.</summary>
public abstract record StoreOutcome
{
    private StoreOutcome() { }

    /// <summary>It is done.</summary>
    public sealed record Done : StoreOutcome;

    /// <summary>The token is not the lease's any more: somebody else runs the torrent. Stop writing.</summary>
    public sealed record Fenced : StoreOutcome;

    /// <summary>The lease is ours under this token, greater than every one before it.</summary>
    public sealed record Leased(long Token) : StoreOutcome;

    /// <summary>Another live process holds the lease; <paramref name="Owner"/> names it for people.</summary>
    public sealed record HeldBy(string Owner) : StoreOutcome;

    /// <summary>The torrent, or null where there is none.</summary>
    public sealed record Loaded(TorrentRecord? Record, ProgressRecord? Progress) : StoreOutcome;

    /// <summary>All torrents, in the order of their addition.</summary>
    public sealed record Listed(ImmutableArray<InfoHash> Torrents) : StoreOutcome;

    /// <summary>A page of torrents; <paramref name="Last"/> names its end. An empty page: there are no more.</summary>
    public sealed record TakenUp(ImmutableArray<TakenTorrent> Torrents, long Last) : StoreOutcome;

    /// <summary>What was kept under the name; empty if nothing.</summary>
    public sealed record Note(ImmutableArray<byte> Value) : StoreOutcome;
}

/// <summary>
/// What a torrent is. <paramref name="Metainfo"/>: the .torrent file's bytes, empty while a magnet link has not brought them. <paramref name="Magnet"/>: the link it
/// was added by, or null. <paramref name="Folder"/>: the absolute folder its content lies below. <paramref name="AddedTicks"/>: UTC ticks.
/// </summary>
public sealed record TorrentRecord(ImmutableArray<byte> Metainfo, string? Magnet, string Folder, long AddedTicks)
{
    /// <summary>What its user wants of it. Its folder is <see cref="Folder"/>.</summary>
    public TorrentOptions Options { get; init; } = new() { Folder = Folder };

    /// <summary>What was begun with it and must be finished first; null: nothing.</summary>
    public UnfinishedWork? Unfinished { get; init; }

    /// <summary>What lists show; null where that was never written.</summary>
    public TorrentSummary? Summary { get; init; }
}

/// <summary>Work on a torrent's files that was begun: recorded before the first of them is touched, so that a process that dies in the middle finishes it at its next start.</summary>
public abstract record UnfinishedWork
{
    private UnfinishedWork() { }

    /// <summary>It is being forgotten; with <paramref name="DeleteData"/> its files go too.</summary>
    public sealed record Removal(bool DeleteData) : UnfinishedWork;

    /// <summary>Its files are being moved below another absolute folder.</summary>
    public sealed record Moving(string Folder) : UnfinishedWork;

    /// <summary>One of its files is being named anew.</summary>
    public sealed record Renaming(int File, string Path) : UnfinishedWork;
}

/// <summary>A torrent as it is taken up at a start, without its metainfo and progress. <paramref name="HeldBy"/>: who holds its lease, for people, or null: it is ours.</summary>
public sealed record TakenTorrent(InfoHash Torrent, string? HeldBy, string? Magnet, long AddedTicks, TorrentOptions Options, UnfinishedWork? Unfinished, TorrentSummary? Summary);

/// <summary>
/// How far a torrent is. <paramref name="Verified"/>: pieces on disk and verified, in wire form, durable before it is written here. <paramref name="Files"/>: the files as
/// they were then, to notice change. <paramref name="Downloaded"/>, <paramref name="Uploaded"/>: payload bytes, ever. <paramref name="CompletedTold"/>: trackers know.
/// </summary>
public sealed record ProgressRecord(
    ImmutableArray<byte> Verified, ImmutableArray<FileFingerprint> Files, long Downloaded, long Uploaded, bool CompletedTold);
