using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

// From the lease to the seed: the steps between the states.
public sealed partial class TorrentActor
{
    private bool _begun;
    private bool _finished;
    private TorrentRecord? _recorded;

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
        Command,
        Summary,
        Forgotten,
    }

    private static bool IsOfProgress(StoreStep step) => step is StoreStep.Begin or StoreStep.Progress or StoreStep.LastProgress;

    private void Store(StoreCommand command, StoreStep step) => _services.Store.Tell(new StoreActor.Run(command, (long)step));

    private void OnStored(StoreStep step, StoreOutcome outcome)
    {
        if (IsOfProgress(step)) OnProgressAnswered(outcome is not StoreOutcome.Fenced);
        switch (step, outcome)
        {
            case (StoreStep.Lease, StoreOutcome.Leased leased):
                _token = leased.Token;
                Store(new StoreCommand.LoadTorrent(_torrent), StoreStep.Load);
                break;
            case (StoreStep.Lease, StoreOutcome.HeldBy held): Refuse($"this torrent is already run by {held.Owner}"); break;
            case (StoreStep.Load, StoreOutcome.Loaded loaded): OnLoaded(loaded); break;
            case (StoreStep.Released, _): OnReleased(); break;
            case (StoreStep.Forgotten, _): OnForgotten(); break;
            case (_, StoreOutcome.Fenced) when IsEnding: ContinueStop(); break;
            case (_, StoreOutcome.Fenced): Fail("another process has taken this torrent over"); break;
            case (StoreStep.Record, _): OnRecorded(); break;
            case (StoreStep.Metadata, _) when _state == TorrentState.FetchingMetadata: OpenContent(); break;
            case (StoreStep.Begin, _): Begin(); break;
            case (StoreStep.Progress, _): break;
            case (StoreStep.Command, _): OnCommandRecorded(); break;
            case (StoreStep.Summary, _): ContinueStop(); break;
            case (StoreStep.LastProgress, _): EndRecord(); break;
        }

        if (_isGoing && IsOfProgress(step)) ContinueStop();
    }

    private void OnStoreFailed(StoreStep step, string reason)
    {
        LogStoreFailed(_log, Name, reason);
        if (IsOfProgress(step)) OnProgressAnswered(isStored: false);
        switch (step)
        {
            case StoreStep.Progress when _isGoing: ContinueStop(); break;
            case StoreStep.Progress: break;
            case StoreStep.LastProgress or StoreStep.Summary: ContinueStop(); break;
            case StoreStep.Command: OnCommandNotRecorded(reason); break;
            case StoreStep.Forgotten: OnNotForgotten(reason); break;
            case StoreStep.Released: OnNotReleased(); break;
            default: Fail($"the state of this torrent cannot be recorded: {reason}"); break;
        }
    }

    private void OnLoaded(StoreOutcome.Loaded loaded)
    {
        if (loaded.Record is { } elsewhere && _within is not null && !TorrentsActor.LiesBelow(elsewhere.Folder, _within))
        {
            Refuse($"the node has this torrent for itself, in {elsewhere.Folder}", elsewhere.Folder);
            return;
        }

        if (loaded.Record is { } record) TakeUp(record, loaded.Progress);
        else if (_source.IsRecorded)
        {
            Refuse("it is not recorded any more");
            return;
        }

        if (_metainfo is { V1: null } || (_metainfo is null && _magnet?.V1 is null))
        {
            Refuse(TorrentSource.IsOfVersion2);
            return;
        }

        Measure();
        if (_source.IsRecorded) OnWoken();
        else Store(new StoreCommand.PutTorrent(_torrent, _token, Record()), StoreStep.Record);
    }

    private void TakeUp(TorrentRecord record, ProgressRecord? progress)
    {
        _recorded = record;
        if (_source.IsRecorded)
        {
            _options = record.Options with { Peers = _options.Peers, Hints = _options.Hints, Group = _options.Group, Recheck = _options.Recheck };
            _unfinished = record.Unfinished;
            TakeLimits();
        }

        if (_magnet is null && record.Magnet is { } text && MagnetLink.TryParse(text, out var magnet, out _)) _magnet = magnet;
        if (_metainfo is null && MetainfoParser.TryParse(record.Metainfo.AsMemory(), _services.Settings.Metainfo, out var recorded, out _)) _metainfo = WithSourcesOfLink(recorded);
        _completedTicks = record.Summary?.CompletedTicks ?? 0;
        _activeTicks = record.Summary?.ActiveTicks ?? 0;
        // Progress is of files in a folder; another folder begins anew, and so does a torrent that was being removed when it was added again.
        if (record.Folder != _options.Folder || (record.Unfinished is UnfinishedWork.Removal && !_source.IsRecorded)) return;
        _progress = progress;
        if (!_source.IsRecorded) _options = _options with { RenamedFiles = record.Options.RenamedFiles };
    }

    // What is known stays known: a link does not replace a recorded file, which may name more trackers.
    private TorrentRecord Record()
    {
        var file = !_source.File.IsEmpty ? _source.File : _recorded is { Metainfo.IsEmpty: false } ? _recorded.Metainfo : FileOf(_metainfo);
        _addedTicks = _recorded?.AddedTicks ?? _services.Ports.Time.GetUtcNow().Ticks;
        return new TorrentRecord(file, _magnet?.ToString(), _options.Folder, _addedTicks) { Options = _options, Unfinished = _unfinished, Summary = Summarise() };
    }

    private TorrentMetainfo WithSourcesOfLink(TorrentMetainfo metainfo)
    {
        if (_magnet is not { } magnet) return metainfo;
        var known = metainfo.TrackerTiers.SelectMany(tier => tier).ToHashSet(StringComparer.Ordinal);
        return metainfo with
        {
            TrackerTiers = [.. metainfo.TrackerTiers, .. magnet.Trackers.Where(known.Add).Select(tracker => ImmutableArray.Create(tracker))],
            WebSeeds = [.. metainfo.WebSeeds.Union(magnet.WebSeeds)],
        };
    }

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
        if (_stoppers.Count > 0)
        {
            BeginStop();
            return;
        }

        if (_options.StandsStill) Rest();
        else StartWork();
        NextCommand();
    }

    private void StartWork()
    {
        _isAwake = true;
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, _services.Settings.Tick);
        if (_metainfo is not null)
        {
            OpenContent();
            return;
        }

        SetState(TorrentState.FetchingMetadata);
        var target = new MetadataTarget(_magnet!.V1, _magnet.V2);
        _metadata = Context.ActorOf(MetadataActor.Props(target, _services.Settings.Wire, _services.Ports.Time, _log), "metadata");
        StartAnnouncer();
        AddKnownPeers();
    }

    private void OnMetadataFetched(ReadOnlyMemory<byte> info)
    {
        if (_metainfo is not null || _state != TorrentState.FetchingMetadata) return;
        if (!MetainfoParser.TryParseInfo(info, _services.Settings.Metainfo, out var metainfo, out var error))
        {
            Fail($"the torrent's metadata is unusable: {error}");
            return;
        }

        if (metainfo.V1 is null)
        {
            Fail("the torrent's metadata is of BitTorrent v2 alone, which cannot be transferred yet; use its hybrid or v1 form");
            return;
        }

        _metainfo = WithSourcesOfLink(metainfo);
        Measure();
        if (_metainfo.IsPrivate) _announcer?.Tell(AnnouncerActor.LeaveDht.Instance);
        if (IsSilent) SpeakOrNot();
        Context.Stop(_metadata!);
        _metadata = null;
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.FetchMetadata(null));
        Context.System.EventStream.Publish(new TorrentEvent.MetadataReceived(_torrent, _metainfo));
        Store(new StoreCommand.PutTorrent(_torrent, _token, Record()), StoreStep.Metadata);
    }

    private void OnMetadataRestarted()
    {
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.FetchMetadata(_metadata));
    }

    private void OpenContent()
    {
        SetState(TorrentState.Checking);
        var metainfo = _metainfo!;
        _verified = new Bitfield(metainfo.Layout.Geometry.PieceCount);
        _verifiedLength = 0;
        if (_wanted!.IsEmpty && _options.FilePriorities.IsEmpty)
        {
            Fail("nothing is selected: no file of the torrent matches --select; 'swarm show' lists its files");
            return;
        }

        var spec = new StorageSpec(Layout, _options.Folder, metainfo.PieceHashes!.Memory, _options.Allocation);
        var mode = _options.Recheck ? ResumeMode.Recheck : _options.TrustExisting ? ResumeMode.Trust : ResumeMode.Resume;
        _pieces = Context.ActorOf(PiecesActor.Props(metainfo, spec, _progress, mode, _unfinished, _services.Settings, _services.Ports.Disk, _services.Ports.Time, _services.Ports.Entropy.CreateRandom(), _log), "pieces");
        Context.Watch(_pieces);
    }

    private long LengthOf(Bitfield pieces)
    {
        long length = 0;
        for (var piece = pieces.NextSet(0); piece >= 0; piece = pieces.NextSet(piece + 1)) length += _metainfo!.Layout.Geometry.PieceSize(new PieceIndex(piece));
        return length;
    }

    private void OnCheckAdvanced(PiecesActor.CheckAdvanced check)
    {
        if (IsEnding || _state == TorrentState.Failed) return;
        CloseWaiting();
        _check = (check.Done, check.Total);
        SetState(TorrentState.Checking);
    }

    private void OnReady(PiecesActor.Ready ready)
    {
        // A manager that was restarted knows neither what it was asked for before nor that it was to close.
        _checkpoints = 0;
        if (IsEnding || _state == TorrentState.Failed)
        {
            _piecesClosing = false;
            ClosePieces();
            return;
        }

        _storage = ready.Storage;
        _files = ready.Files;
        _verified = Bitfield.FromWire(ready.Verified.AsSpan(), _verified!.Length)!;
        CountVerified();
        if (IsComplete && _completedTicks == 0) _completedTicks = _services.Ports.Time.GetUtcNow().Ticks;
        // Once begun, whatever lies there was put there by us.
        var problems = ready.Problems.RemoveAll(problem => _begun && problem.Kind == FileProblemKind.InTheWay);
        if (problems.Length > 0) Fail(FileProblems.Describe(problems, _options.Folder, _options.SeedOnly));
        else if (_options.SeedOnly && !_verified.IsFull) Fail($"{_verified.Length - _verified.Count} of {_verified.Length} pieces do not match the torrent; 'swarm verify' names the files, 'swarm get --recheck' fetches and overwrites what does not match");
        // From here on the files are ours, and it is written down before the first of them is touched.
        else StoreProgress(PutProgress(ready.Verified, ready.Files), StoreStep.Begin);
    }

    private void Begin()
    {
        if (IsEnding || _state == TorrentState.Failed) return;
        _begun = true;
        _finished = false;
        TellReplicas(isNew: true);
        _pieces!.Tell(new PiecesActor.Begin(Priorities(), _options.Sequential));
        _checkpointAt = Now();
        _fileWatchAt = Now();
        _busyAt = Now();
        if (_options.StandsStill)
        {
            Rest();
            return;
        }

        SetState(TorrentState.Downloading);
        foreach (var peer in _peers.All) peer.Actor.Tell(new PeerActor.ContentKnown(Content()));
        StartAnnouncer();
        // A replica that has everything calls nobody: others call it if they lack something, and if they do not, a call would only wake them.
        if (_options.Group is null || !IsComplete) AddKnownPeers();
        AcceptWaiting();
        Dial();
    }

    // One for all connections that are made while we have the same: of a large torrent it is kilobytes.
    private PeerContent Content()
    {
        var has = _verified!.ToWire();
        if (_content is { } known && ReferenceEquals(known.Metainfo, _metainfo) && ReferenceEquals(known.Pieces, _pieces) && known.Storage == _storage && known.Verified.AsSpan().SequenceEqual(has)) return known;
        return _content = new PeerContent(_metainfo!, _pieces!, _storage, ImmutableCollectionsMarshal.AsImmutableArray(has));
    }

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

    private void OnFinished(long received)
    {
        _peers.ReceivedAtLeast(received);
        if (IsEnding || _state == TorrentState.Failed) return;
        SetState(TorrentState.Seeding);
        _finished = true;
        if (_completedTicks == 0) _completedTicks = _services.Ports.Time.GetUtcNow().Ticks;
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
        if (error.Kind is DiskErrorKind.NoSpace or DiskErrorKind.TooManyOpen && _state is TorrentState.Downloading or TorrentState.Waiting) SetState(TorrentState.Waiting, error.Message);
        else Fail(error.Message);
    }

    private void OnDiskRecovered()
    {
        if (_state == TorrentState.Waiting) SetState(TorrentState.Downloading);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: {Reason}")]
    private static partial void LogStoreFailed(ILogger log, string name, string reason);
}
