using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

// From the lease to the last record: what is durable, and the steps between the states.
public sealed partial class TorrentActor
{
    private const string StopKey = "stop";
    private long _checkpointAt;
    private long _fileWatchAt;
    private bool _checkpointing;
    private bool _dirty;
    private bool _saved;
    private bool _announcerGone;
    private ImmutableArray<FileFingerprint> _files = [];

    private enum StoreStep
    {
        Lease,
        Load,
        Record,
        Metadata,
        Begin,
        Progress,
        LastProgress,
        Released,
    }

    private void Store(StoreCommand command, StoreStep step) => _services.Store.Tell(new StoreActor.Run(command, (long)step));

    private void OnStored(StoreStep step, StoreOutcome outcome)
    {
        switch (step, outcome)
        {
            case (StoreStep.Lease, StoreOutcome.Leased leased):
                _token = leased.Token;
                Store(new StoreCommand.LoadTorrent(_torrent), StoreStep.Load);
                break;
            case (StoreStep.Lease, StoreOutcome.HeldBy held): Refuse(held.Owner); break;
            case (StoreStep.Load, StoreOutcome.Loaded loaded): OnLoaded(loaded); break;
            case (StoreStep.Released, _): OnReleased(); break;
            case (_, StoreOutcome.Fenced): Fail("another process has taken this torrent over"); break;
            case (StoreStep.Record, _): OnRecorded(); break;
            case (StoreStep.Metadata, _): OpenContent(); break;
            case (StoreStep.Begin, _): Begin(); break;
            case (StoreStep.LastProgress, _):
                _saved = true;
                ContinueStop();
                break;
        }
    }

    private void OnStoreFailed(StoreStep step, string reason)
    {
        LogStoreFailed(_log, Name, reason);
        switch (step)
        {
            case StoreStep.Progress: _dirty = true; break;
            case StoreStep.LastProgress: ContinueStop(); break;
            case StoreStep.Released: OnReleased(); break;
            default: Fail($"the state of this torrent cannot be recorded: {reason}"); break;
        }
    }

    private void OnLoaded(StoreOutcome.Loaded loaded)
    {
        if (loaded.Record is { } record)
        {
            if (_metainfo is null && MetainfoParser.TryParse(record.Metainfo.AsMemory(), MetainfoLimits.Default, out var recorded, out _)) _metainfo = recorded;
            // Progress is of files in a folder; another folder begins anew.
            if (record.Folder == _options.Folder) _progress = loaded.Progress;
        }

        if (_metainfo is { V1: null } || (_metainfo is null && _source.Magnet?.V1 is null))
        {
            Refuse("this is a BitTorrent v2 torrent without v1 data, which cannot be transferred yet; use its hybrid or v1 form");
            return;
        }

        Store(new StoreCommand.PutTorrent(_torrent, _token, Record()), StoreStep.Record);
    }

    private TorrentRecord Record() =>
        new(_source.File.IsEmpty ? FileOf(_metainfo) : _source.File, _source.Magnet?.ToString(), _options.Folder, _services.Ports.Time.GetUtcNow().Ticks);

    // The info dictionary wrapped as a .torrent file: what a magnet link brings is recorded in the form that every parser reads.
    private static ImmutableArray<byte> FileOf(TorrentMetainfo? metainfo)
    {
        if (metainfo is null) return [];
        var file = new ArrayBufferWriter<byte>(metainfo.RawInfo.Length + 16);
        file.Write(Encoding.ASCII.GetBytes("d4:info"));
        file.Write(metainfo.RawInfo.Span);
        file.Write("e"u8);
        return [.. file.WrittenSpan];
    }

    private void OnRecorded()
    {
        _acknowledged = true;
        _adder.Tell(new Added(_torrent), Self);
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, _services.Settings.Tick);
        if (_metainfo is not null)
        {
            OpenContent();
            return;
        }

        SetState(TorrentState.FetchingMetadata);
        var target = new MetadataTarget(_source.Magnet!.V1, _source.Magnet.V2);
        _metadata = Context.ActorOf(MetadataActor.Props(target, _services.Settings.Wire, _services.Ports.Time, _log), "metadata");
        StartAnnouncer();
        AddKnownPeers();
    }

    private void OnMetadataFetched(ReadOnlyMemory<byte> info)
    {
        if (_metainfo is not null || _state != TorrentState.FetchingMetadata) return;
        if (!MetainfoParser.TryParseInfo(info, MetainfoLimits.Default, out var metainfo, out var error))
        {
            Fail($"the torrent's metadata is unusable: {error}");
            return;
        }

        _metainfo = metainfo with { TrackerTiers = [.. _source.Magnet!.Trackers.Select(tracker => ImmutableArray.Create(tracker))], WebSeeds = _source.Magnet.WebSeeds };
        Context.Stop(_metadata!);
        _metadata = null;
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.FetchMetadata(null));
        Context.System.EventStream.Publish(new TorrentEvent.MetadataReceived(_torrent, _metainfo));
        Store(new StoreCommand.PutTorrent(_torrent, _token, Record()), StoreStep.Metadata);
    }

    private void OpenContent()
    {
        SetState(TorrentState.Checking);
        var metainfo = _metainfo!;
        _verified = new Bitfield(metainfo.Layout.Geometry.PieceCount);
        _wanted = SelectedFiles.WantedPieces(metainfo.Layout, SelectedFiles.WantedFiles(metainfo, _options.Select, _source.Magnet?.Selection));
        if (_wanted.IsEmpty)
        {
            Fail("nothing is selected: no file of the torrent matches --select; 'swarm show' lists its files");
            return;
        }

        _selectedLength = LengthOf(_wanted);
        var spec = new StorageSpec(metainfo.Layout, _options.Folder, metainfo.PieceHashes!.Memory, _options.Allocation);
        var mode = _options.Recheck ? ResumeMode.Recheck : _options.TrustExisting ? ResumeMode.Trust : ResumeMode.Resume;
        _pieces = Context.ActorOf(PiecesActor.Props(metainfo, spec, _progress, mode, _services.Settings, _services.Ports.Disk, _random, _log), "pieces");
    }

    private long LengthOf(Bitfield pieces)
    {
        long length = 0;
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1)) length += _metainfo!.Layout.Geometry.PieceSize(new PieceIndex(piece));
        return length;
    }

    private void OnCheckAdvanced(PiecesActor.CheckAdvanced check)
    {
        _check = (check.Done, check.Total);
        SetState(TorrentState.Checking);
    }

    private void OnReady(PiecesActor.Ready ready)
    {
        if (_state is TorrentState.Stopping or TorrentState.Failed) return;
        _storage = ready.Storage;
        _files = ready.Files;
        _verified = Bitfield.FromWire(ready.Verified.AsSpan(), _verified!.Length)!;
        CountVerified();
        if (ready.Problems.Length > 0) Fail(FileProblems.Describe(ready.Problems, _options.Folder));
        else if (_options.SeedOnly && !_verified.IsFull) Fail($"{_verified.Length - _verified.Count} of {_verified.Length} pieces do not match the torrent; 'swarm verify' names the files, 'swarm get' fetches what is missing");
        // From here on the files are ours, and it is written down before the first of them is touched.
        else Store(new StoreCommand.PutProgress(_torrent, _token, Progress(ready.Verified, ready.Files)), StoreStep.Begin);
    }

    private void Begin()
    {
        if (_state is TorrentState.Stopping or TorrentState.Failed) return;
        var priorities = ImmutableArray.CreateBuilder<PiecePriority>(_wanted!.Length);
        for (var piece = 0; piece < _wanted.Length; piece++) priorities.Add(_wanted[new PieceIndex(piece)] ? PiecePriority.Normal : PiecePriority.Skip);
        _pieces!.Tell(new PiecesActor.Begin(priorities.DrainToImmutable(), _options.Sequential));
        _checkpointAt = Now();
        _fileWatchAt = Now();
        SetState(TorrentState.Downloading);
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.ContentKnown(Content()));
        StartAnnouncer();
        AddKnownPeers();
        Dial();
    }

    private PeerContent Content() => new(_metainfo!, _pieces!, _storage, ImmutableCollectionsMarshal.AsImmutableArray(_verified!.ToWire()));

    private void CountVerified()
    {
        var wanted = new Bitfield(_verified!.Length);
        for (var piece = _verified.NextSet(0); piece >= 0; piece = _verified.NextSet(piece + 1))
        {
            if (_wanted![new PieceIndex(piece)]) wanted.Add(new PieceIndex(piece));
        }

        _verifiedLength = LengthOf(wanted);
    }

    private void OnVerified(PiecesActor.Verified verified)
    {
        foreach (var piece in verified.Pieces)
        {
            if (_verified!.Add(piece) && _wanted![piece]) _verifiedLength += _metainfo!.Layout.Geometry.PieceSize(piece);
        }

        _dirty = true;
        Context.System.EventStream.Publish(new TorrentEvent.PiecesVerified(_torrent, verified.Pieces));
    }

    private void OnPieceFailed(PieceIndex piece)
    {
        _wasted += _metainfo!.Layout.Geometry.PieceSize(piece);
        Context.System.EventStream.Publish(new TorrentEvent.PieceFailed(_torrent, piece));
    }

    private void OnFinished()
    {
        if (_state is TorrentState.Stopping or TorrentState.Failed) return;
        SetState(TorrentState.Seeding);
        _peers.Choker.IsSeeding = true;
        if (_verified!.IsFull) _announcer?.Tell(new AnnouncerActor.Complete(Stats()));
        if (_dirty) Checkpoint();
        foreach (var peer in _peers.All)
        {
            if (peer.IsSeed) peer.Actor.Tell(new PeerActor.Disconnect("both sides have everything"));
        }
    }

    private void OnDiskTrouble(DiskError error)
    {
        if (error.Kind == DiskErrorKind.NoSpace && _state is TorrentState.Downloading or TorrentState.Paused) SetState(TorrentState.Paused, error.Message);
        else Fail(error.Message);
    }

    private void OnDiskRecovered()
    {
        if (_state == TorrentState.Paused) SetState(TorrentState.Downloading);
    }

    private void Checkpoint()
    {
        if (_checkpointing || _pieces is null) return;
        _checkpointing = true;
        _checkpointAt = Now();
        _pieces.Tell(new PiecesActor.Checkpoint());
    }

    private ProgressRecord Progress(ImmutableArray<byte> verified, ImmutableArray<FileFingerprint> files) =>
        new(verified, files, (_progress?.Downloaded ?? 0) + _peers.Downloaded, (_progress?.Uploaded ?? 0) + _peers.Uploaded, _verified!.IsFull);

    private void OnCheckpointed(PiecesActor.Checkpointed checkpointed)
    {
        _checkpointing = false;
        if (_state == TorrentState.Seeding && !_dirty && !_files.SequenceEqual(checkpointed.Files))
        {
            Fail(FileProblems.DescribeChange(_metainfo!.Layout, _files, checkpointed.Files, _options.Folder));
            return;
        }

        _files = checkpointed.Files;
        _dirty = false;
        var last = _state is TorrentState.Stopping;
        Store(new StoreCommand.PutProgress(_torrent, _token, Progress(checkpointed.Verified, checkpointed.Files)), last ? StoreStep.LastProgress : StoreStep.Progress);
    }

    private void OnCheckpointFailed(DiskError error)
    {
        _checkpointing = false;
        LogStoreFailed(_log, Name, error.Message);
        if (_state == TorrentState.Stopping) ContinueStop();
    }

    private void OnStop()
    {
        _stopper = Sender;
        if (_state == TorrentState.Stopping) return;
        var clean = _state is not TorrentState.Failed && _verified is not null && _pieces is not null && _acknowledged;
        SetState(TorrentState.Stopping);
        Timers.Cancel(Beat.Instance);
        Timers.StartSingleTimer(StopKey, StopTimedOut.Instance, _services.Settings.StopTimeout);
        DisconnectAll("the torrent is stopping");
        _announcerGone = _announcer is null;
        _announcer?.Tell(new AnnouncerActor.Stop(Stats()));
        if (clean) _pieces!.Tell(new PiecesActor.Checkpoint());
        else ContinueStop();
    }

    // After the last record: the storage closes, then the lease goes back.
    private void ContinueStop()
    {
        if (_pieces is null) OnPiecesClosed();
        else _pieces.Tell(new PiecesActor.Close());
    }

    private void OnPiecesClosed() => Store(new StoreCommand.ReleaseLease(_torrent, _token), StoreStep.Released);

    private void OnReleased()
    {
        _token = 0;
        if (_announcerGone) EndStop();
    }

    private void OnAnnouncerStopped()
    {
        _announcerGone = true;
        if (_state == TorrentState.Stopping && _token == 0) EndStop();
    }

    private void EndStop()
    {
        SetState(TorrentState.Stopped);
        _stopper?.Tell(new Stopped(_torrent, _saved));
        Context.Stop(Self);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: {Reason}")]
    private static partial void LogStoreFailed(ILogger log, string name, string reason);
}
