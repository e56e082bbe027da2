using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Torrents;

/// <summary>
/// The piece manager of one torrent: which block is asked of whom, and what is on disk. Child of <see cref="TorrentActor"/>, lives as long as the metadata is known.
/// <para>
/// Life: it opens the storage, believes or hashes what is there (<see cref="ResumePlan"/>), forces to disk what hashing found, tells the torrent <see cref="Ready"/>, and works after <see cref="Begin"/>. Restarted after a bug it
/// does all of that again under a new storage id; the torrent then introduces the peers anew.
/// </para>
/// <para>
/// A peer tells it once a slab which blocks came and how many requests it takes at a time; blocks go to the disk with their slab references in one call, and the peer gets its next requests in one message. Peers
/// that want requests when there are none are hungry, and are served when blocks become free. While the disk is over its high-water mark or full, nobody is.
/// </para>
/// <para>
/// Fails by: a block that cannot be written (no space: pause and try again now and then; else the torrent fails), a piece that fails its hash (its blocks' hashes are remembered by sender, and the liar is banned
/// when the piece passes). A verified piece stays verified; every accepted slab reference goes to the disk, every other is released here.
/// </para>
/// </summary>
public sealed partial class PiecesActor : UntypedActor, IWithTimers
{
    private const string RetryKey = "retry";
    private const int ProbeBlocks = 32;
    private const int RefillShare = 8;

    /// <summary>Requests each peer may have when all together have as many as they may.</summary>
    private const int LeastShare = 16;
    private const long CheckpointTag = 0;
    private const long FoundTag = 1;

    private readonly TorrentMetainfo _metainfo;
    private readonly StorageSpec _spec;
    private readonly ProgressRecord? _progress;
    private readonly ResumeMode _mode;
    private UnfinishedWork? _work;
    private readonly TorrentSettings _settings;
    private readonly IDisk _disk;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _log;
    private readonly StorageId _storage;

    private readonly SmartBan<PeerKey> _smartBan;
    private readonly SortedDictionary<PeerKey, Source> _sources = [];
    private readonly List<PeerRequest> _cancels = [];
    private readonly List<InterestChange> _interests = [];
    private readonly List<BlockRequest> _requests = [];
    private readonly List<BlockWrite> _writes = [];
    private readonly List<PeerKey> _liars = [];
    private readonly Dictionary<PieceIndex, FailedPiece> _failing = [];
    private readonly SortedDictionary<PieceIndex, ImmutableArray<PeerKey>> _suspects = [];
    private ResumePlan? _plan;
    private Bitfield _valid;
    private ImmutableArray<FileFingerprint> _found = [];
    private int _checked;
    private bool _hasFound;
    private bool _isReady;
    private PiecePicker? _picker;
    private bool _diskOver;
    private bool _diskFull;
    private bool _probing;
    private int _probesLeft;
    private bool _freed;
    private bool _toldFinished;
    private long _received;
    private IActorRef? _closer;
    private bool _closing;
    private bool _closed;

    private PiecesActor(TorrentMetainfo metainfo, StorageSpec spec, ProgressRecord? progress, ResumeMode mode, UnfinishedWork? work, TorrentSettings settings, IDisk disk, TimeProvider time, Random random, ILogger log)
    {
        _work = work;
        _metainfo = metainfo;
        _spec = spec;
        _progress = progress;
        _mode = mode;
        _settings = settings;
        _disk = disk;
        _time = time;
        _random = random;
        _log = log;
        _smartBan = new SmartBan<PeerKey>(settings.SmartBan);
        // Drawn, not counted: a restarted manager must not meet its predecessor's storage.
        _storage = new StorageId(random.NextInt64());
        _valid = new Bitfield(spec.Layout.Geometry.PieceCount);
    }

    /// <summary>The storage is open and what was there is known, and is beyond power loss; nothing is written before <see cref="Begin"/>.</summary>
    public sealed record Ready(StorageId Storage, ImmutableArray<byte> Verified, ImmutableArray<FileFingerprint> Files, ImmutableArray<FileProblem> Problems);

    /// <summary>The storage cannot be used.</summary>
    public sealed record Unusable(DiskError Error);

    /// <summary>How far the first check is.</summary>
    public sealed record CheckAdvanced(int Done, int Total);

    /// <summary>From the torrent: work. One priority a piece.</summary>
    public sealed record Begin(ImmutableArray<PiecePriority> Priorities, bool Sequential);

    /// <summary>From the torrent: what is wanted has changed.</summary>
    public sealed record SetWanted(ImmutableArray<PiecePriority> Priorities, bool Sequential);

    /// <summary>From the torrent: move the files or name one anew; answered with <see cref="WorkDone"/> or <see cref="WorkFailed"/>. One at a time.</summary>
    public sealed record Work(UnfinishedWork What);

    /// <summary>To the torrent: it is done, durably, and the files look so.</summary>
    public sealed record WorkDone(UnfinishedWork Work, ImmutableArray<FileFingerprint> Files);

    /// <summary>To the torrent: it is not done, and the files are where they were.</summary>
    public sealed record WorkFailed(UnfinishedWork Work, DiskError Error);

    /// <summary>From the torrent: make durable what is verified now; answered with <see cref="Checkpointed"/> or <see cref="CheckpointFailed"/>.</summary>
    public sealed record Checkpoint;

    /// <summary>These pieces are on disk, beyond power loss, and the files look so.</summary>
    public sealed record Checkpointed(ImmutableArray<byte> Verified, ImmutableArray<FileFingerprint> Files);

    /// <summary>They are not.</summary>
    public sealed record CheckpointFailed(DiskError Error);

    /// <summary>From the torrent: close the storage after all that is under way; answered with <see cref="Closed"/>.</summary>
    public sealed record Close;

    /// <summary>The storage is closed.</summary>
    public sealed record Closed;

    /// <summary>A connection is ready to be asked. What it has follows as <see cref="PeerHas"/> or <see cref="PeerHave"/>.</summary>
    public sealed record PeerJoined(PeerKey Key, IActorRef Peer);

    /// <summary>All that it has, in wire form; default for everything.</summary>
    public sealed record PeerHas(PeerKey Key, ImmutableArray<byte> Pieces);

    /// <summary>It got, or with <paramref name="Has"/> false lost, a piece.</summary>
    public sealed record PeerHave(PeerKey Key, PieceIndex Piece, bool Has);

    /// <summary>
    /// It takes up to <paramref name="Depth"/> requests at a time. Rate in payload bytes a second; while it chokes us, only <paramref name="AllowedFast"/> pieces. <paramref name="AskAgain"/>: it had nothing to do
    /// for long, and what it rejected may be asked again.
    /// </summary>
    public sealed record Want(PeerKey Key, int Depth, long Rate, bool Choked, ImmutableArray<PieceIndex> AllowedFast, bool AskAgain = false);

    /// <summary>Blocks came, each with its slab references; and it takes up to <paramref name="Depth"/> requests at a time.</summary>
    public sealed record BlocksReceived(PeerKey Key, ImmutableArray<BlockWrite> Blocks, int Depth, long Rate);

    /// <summary>It will not answer these.</summary>
    public sealed record RequestsEnded(PeerKey Key, ImmutableArray<BlockRequest> Blocks, ReleaseReason Reason);

    /// <summary>It is gone.</summary>
    public sealed record PeerLeft(PeerKey Key);

    /// <summary>To the torrent: pieces came in and hold.</summary>
    public sealed record Verified(ImmutableArray<PieceIndex> Pieces);

    /// <summary>To the torrent: a piece came in and did not hold.</summary>
    public sealed record Failed(PieceIndex Piece);

    /// <summary>To the torrent: everything wanted is verified. <paramref name="Received"/> are the payload bytes that came for it, those of no use too; connections report theirs only at the beat.</summary>
    public sealed record Finished(long Received);

    /// <summary>To the torrent: this connection sent bad data.</summary>
    public sealed record Liar(PeerKey Key, PieceIndex Piece);

    /// <summary>To the torrent: received payload was of no use.</summary>
    public sealed record Wasted(long Bytes);

    /// <summary>To the torrent: the disk refuses. Full: it is tried again, and <see cref="DiskRecovered"/> follows; anything else stands.</summary>
    public sealed record DiskTrouble(DiskError Error);

    /// <summary>To the torrent: there is room again.</summary>
    public sealed record DiskRecovered;

    private sealed record RetryDisk
    {
        public static readonly RetryDisk Instance = new();
    }

    private sealed class Source(PeerKey key, IActorRef peer)
    {
        public PeerKey Key { get; } = key;

        public IActorRef Peer { get; } = peer;

        public int Depth { get; set; }

        public long Rate { get; set; }

        public bool Choked { get; set; } = true;

        public ImmutableArray<PieceIndex> AllowedFast { get; set; } = [];
    }

    private sealed record FailedPiece(ImmutableArray<BlockSender> Senders);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A piece manager over <paramref name="spec"/>; <paramref name="progress"/> is what was recorded, or null; <paramref name="work"/> was begun with the files and is finished first, or null.</summary>
    public static Props Props(
        TorrentMetainfo metainfo, StorageSpec spec, ProgressRecord? progress, ResumeMode mode, UnfinishedWork? work, TorrentSettings settings, IDisk disk, TimeProvider time, Random random, ILogger log) =>
        ActorProps.Create(() => new PiecesActor(metainfo, spec, progress, mode, work, settings, disk, time, random, log));

    /// <inheritdoc/>
    protected override void PreStart() => _disk.Open(_storage, _spec, Self);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (!_closing) _disk.Close(_storage);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BlocksReceived blocks: OnBlocks(blocks); break;
            case Want want: OnWant(want); break;
            case IDisk.Written written when written.Storage == _storage: OnWritten(written); break;
            case RequestsEnded ended: OnRequestsEnded(ended); break;
            case PeerHave have: OnPeerHave(have); break;
            case PeerHas has: OnPeerHas(has); break;
            case PeerJoined joined: OnPeerJoined(joined); break;
            case PeerLeft left: OnPeerLeft(left); break;
            case IDisk.Drained drained when drained.Storage == _storage: OnDrained(); break;
            case IDisk.WriteFailed failed when failed.Storage == _storage: OnWriteFailed(failed); break;
            case IDisk.BlockHashes hashes when hashes.Storage == _storage: OnBlockHashes(hashes); break;
            case IDisk.ReadFailed failed when failed.Storage == _storage: OnReadFailed(failed.Error); break;
            case RetryDisk: OnRetryDisk(); break;
            case LookAtReplicas: OnLookAtReplicas(); break;
            case SetReplicas replicas: OnSetReplicas(replicas); break;
            case Checkpoint: OnCheckpoint(); break;
            case IDisk.Flushed flushed when flushed.Storage == _storage: OnFlushed(flushed); break;
            case IDisk.FlushFailed failed when failed.Storage == _storage: OnFlushFailed(failed); break;
            case IDisk.Opened opened when opened.Storage == _storage: OnOpened(opened); break;
            case IDisk.OpenFailed failed when failed.Storage == _storage: OnOpenFailed(failed.Error); break;
            case IDisk.Checked results when results.Storage == _storage: OnChecked(results); break;
            case Begin begin: OnBegin(begin); break;
            case SetWanted wanted: OnSetWanted(wanted); break;
            case Work work: OnWork(work.What); break;
            case IDisk.Relocated relocated when relocated.Storage == _storage: OnRelocated(relocated.Files); break;
            case IDisk.RelocateFailed failed when failed.Storage == _storage: OnRelocateFailed(failed.Error); break;
            case Close: OnClose(); break;
            case IDisk.StorageClosed closed when closed.Storage == _storage: OnStorageClosed(); break;
            case IDisk.Written or IDisk.Drained or IDisk.WriteFailed or IDisk.BlockHashes or IDisk.ReadFailed or IDisk.Flushed or IDisk.FlushFailed or IDisk.Opened or IDisk.OpenFailed
                or IDisk.Checked or IDisk.StorageClosed or IDisk.Relocated or IDisk.RelocateFailed:
                // Of the storage of an incarnation before this one.
                break;
            default: Unhandled(message); break;
        }
    }

    private void OnOpened(IDisk.Opened opened)
    {
        _found = opened.Files;
        if (_work is { } work) Do(work, MoveKind.Resume);
        else MakePlan();
    }

    private void Do(UnfinishedWork work, MoveKind kind)
    {
        switch (work)
        {
            case UnfinishedWork.Moving moving: _disk.Move(_storage, moving.Folder, kind); break;
            case UnfinishedWork.Renaming renaming: _disk.Rename(_storage, renaming.File, renaming.Path); break;
            default: throw new ArgumentOutOfRangeException(nameof(work), work.GetType().Name, "This is no work for a storage that stays open.");
        }
    }

    private void OnWork(UnfinishedWork work)
    {
        _work = work;
        if (!_closing) Do(work, MoveKind.Begin);
    }

    private void OnRelocated(ImmutableArray<FileFingerprint> files)
    {
        _found = files;
        EndWork(work => new WorkDone(work, files));
    }

    private void OnRelocateFailed(DiskError error) => EndWork(work => new WorkFailed(work, error));

    private void EndWork(Func<UnfinishedWork, object> answer)
    {
        if (_work is not { } work) return;
        _work = null;
        Context.Parent.Tell(answer(work));
        if (_plan is null && _picker is null && !_isReady && !_closing) MakePlan();
    }

    private void MakePlan()
    {
        _plan = ResumePlan.Create(_spec.Layout, _progress, _found, _mode);
        _valid = new Bitfield(_plan.Trusted);
        if (_plan.ToCheck.IsEmpty) TellReady();
        else
        {
            LogChecking(_metainfo.Name, _plan.ToCheck.Count, _plan.Trusted.Count);
            Context.Parent.Tell(new CheckAdvanced(0, _plan.ToCheck.Count));
            _disk.Check(_storage, _plan.ToCheck);
        }
    }

    // A storage that did not open is closed already.
    private void OnOpenFailed(DiskError error)
    {
        _closing = _closed = true;
        Context.Parent.Tell(new Unusable(error));
    }

    private void OnChecked(IDisk.Checked results)
    {
        if (_plan is null) return;
        foreach (var (piece, state) in results.Pieces)
        {
            if (state == PieceState.Valid) _hasFound |= _valid.Add(piece);
        }

        _checked += results.Pieces.Length;
        Context.Parent.Tell(new CheckAdvanced(_checked, _plan.ToCheck.Count));
        if (!results.Finished) return;
        // A process that crashed may have left it in memory only, and what is told as there will be recorded.
        if (_hasFound) _disk.Flush(_storage, FoundTag);
        else TellReady();
    }

    private void TellReady()
    {
        var problems = _plan!.ProblemsAfterCheck(_valid);
        LogReady(_metainfo.Name, _valid.Count, _valid.Length, problems.Length);
        Context.Parent.Tell(new Ready(_storage, ImmutableCollectionsMarshal.AsImmutableArray(_valid.ToWire()), _found, problems));
        _plan = null;
        _isReady = true;
    }

    private void OnCheckpoint()
    {
        if (_closing) return;
        _disk.Flush(_storage, CheckpointTag);
    }

    // A flush waits for the writes before it and holds those after it. So every piece that is known to be written when its answer is read is durable, also one that was verified while it waited; and
    // none may be left out: the files are recorded as they are now, and look the same at the next start, which then believes the record.
    private void OnFlushed(IDisk.Flushed flushed)
    {
        if (flushed.Tag == FoundTag)
        {
            if (!_closing) TellReady();
        }
        else
        {
            Context.Parent.Tell(new Checkpointed(ImmutableCollectionsMarshal.AsImmutableArray((_picker?.Verified ?? _valid).ToWire()), flushed.Files));
        }
    }

    private void OnFlushFailed(IDisk.FlushFailed failed)
    {
        if (failed.Tag == FoundTag) Context.Parent.Tell(new Unusable(failed.Error));
        else Context.Parent.Tell(new CheckpointFailed(failed.Error));
    }

    private void OnClose()
    {
        _closer = Sender;
        if (_picker is not null) _valid = new Bitfield(_picker.Verified);
        _picker = null;
        if (_closed) Sender.Tell(new Closed());
        if (_closing) return;
        _closing = true;
        Timers.Cancel(RetryKey);
        _disk.Close(_storage);
    }

    private void OnStorageClosed()
    {
        _closed = true;
        _closer?.Tell(new Closed());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: hashing {ToCheck} pieces that are on disk, {Trusted} are believed")]
    private partial void LogChecking(string name, int toCheck, int trusted);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name}: {Verified} of {Pieces} pieces are there, {Problems} files are in question")]
    private partial void LogReady(string name, int verified, int pieces, int problems);
}
