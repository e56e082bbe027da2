using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Picking;

namespace Swarm.Actors.Torrents;

// Between work and rest: being woken, lying down, and what is known of a torrent without its files being open.
public sealed partial class TorrentActor
{
    private const int SlowBeats = 10;
    private static readonly TimeSpan TimeToBeHeard = TimeSpan.FromSeconds(30);

    private readonly List<Incoming> _waiting = [];
    private TorrentRow? _toldRow;
    private ContentLayout? _layout;
    private ImmutableArray<PiecePriority> _priorities = [];
    private TorrentOptions? _again;
    private long _addedTicks;
    private long _completedTicks;
    private long _activeTicks;
    private long _busyAt;
    private long _announcedFrom;
    private bool _isAwake;
    private bool _beatsSlowly;
    private bool _mustWork;
    private bool _isLeaving;
    private bool _mayRest;

    /// <summary>Whether it is on its way out: stopping, or going to rest.</summary>
    private bool IsEnding => _state == TorrentState.Stopping || _isLeaving;

    // In this process, also before it rested.
    private PayloadMoved Moved => new(_source.Moved.Downloaded + _peers.Downloaded, _source.Moved.Uploaded + _peers.Uploaded, _source.Moved.Wasted + _wasted);

    private bool IsComplete => _verified is not null && _verifiedLength == _selectedLength;

    // The files as they are called on disk.
    private ContentLayout Layout => _layout ??= _options.RenamedFiles.IsEmpty
        ? _metainfo!.Layout
        : new ContentLayout(_metainfo!.Layout.Geometry, [.. _metainfo.Layout.Files.Select((file, place) => _options.RenamedFiles.TryGetValue(place, out var path) ? file with { Path = path } : file)]);

    private ImmutableArray<ImmutableArray<string>> TrackerTiers => _options.TrackerTiers
        ?? (_metainfo?.TrackerTiers ?? [.. (_magnet?.Trackers ?? []).Select(tracker => ImmutableArray.Create(tracker))]).AddRange(_options.Trackers.Select(tracker => ImmutableArray.Create(tracker)));

    // It was taken from the store: it works if it must, or else does what it was woken for and rests again.
    private void OnWoken()
    {
        _acknowledged = true;
        _addedTicks = _recorded!.AddedTicks;
        if (_stoppers.Count > 0)
        {
            BeginStop();
            return;
        }

        if (_unfinished is UnfinishedWork.Removal)
        {
            Go();
            return;
        }

        if (_options.StandsStill) CloseWaiting();
        var wantsPieces = !_options.StandsStill && !IsComplete;
        if (_unfinished is not null || _mustWork || _options.Recheck || _waiting.Count > 0 || wantsPieces) StartWork();
        NextCommand();
    }

    // Whoever needs the content open says so; once it is, that is how it stays until nobody is connected for a while.
    private void Wake()
    {
        _mustWork = true;
        if (_acknowledged && !_isAwake && !IsEnding) StartWork();
    }

    private void LetWait(Incoming incoming)
    {
        if (_waiting.Count >= _services.Settings.MaxHeld || (_acknowledged && _options.StandsStill))
        {
            incoming.Link.Close();
            return;
        }

        _waiting.Add(incoming);
        Wake();
    }

    private void AcceptWaiting()
    {
        foreach (var incoming in _waiting) Accept(incoming);
        _waiting.Clear();
    }

    private void CloseWaiting()
    {
        foreach (var incoming in _waiting) incoming.Link.Close();
        _waiting.Clear();
    }

    // A beat wakes two threads, which is most of what a seed costs that nobody is connected to: with nothing to time it beats less often.
    private void PaceBeat()
    {
        var isSlow = WeAreSeed && _peers.All.Count == 0 && _dialing == 0 && !_dirty && _toldRow is { UploadRate: 0, DownloadRate: 0 };
        if (isSlow == _beatsSlowly) return;
        _beatsSlowly = isSlow;
        var settings = _services.Settings;
        var pace = isSlow ? TimeSpan.FromTicks(Math.Min(SlowBeats * settings.Tick.Ticks, Math.Min(settings.RestAfter.Ticks, settings.FileWatchInterval.Ticks))) : settings.Tick;
        Timers.StartPeriodicTimer(Beat.Instance, Beat.Instance, pace);
    }

    private void RestIfIdle(long now)
    {
        if (!IsIdle) _busyAt = now;
        else if (now - _busyAt >= _services.Settings.RestAfter.Ticks) Rest();
    }

    private bool IsIdle => WeAreSeed && _peers.All.Count == 0 && _dialing == 0 && !_dirty && !IsCommanded && SeedTimeGoal == TimeSpan.Zero;

    private void BeginAnew(TorrentOptions options)
    {
        _again = options;
        Rest();
    }

    // As a stop, but that trackers go on knowing of a torrent that is still served, and that the lease is kept.
    private void Rest()
    {
        if (IsEnding) return;
        _isLeaving = true;
        Context.Parent.Tell(new TorrentsActor.GoesToRest(_torrent));
        Timers.StartSingleTimer(StopKey, StopTimedOut.Instance, _services.Settings.StopTimeout);
        Timers.Cancel(Beat.Instance);
        DisconnectAll("the torrent rests");
        CloseWaiting();
        if (!_announcerGone)
        {
            if (_options.StandsStill || _state == TorrentState.Failed)
            {
                _announcer!.Tell(new Trackers.AnnouncerActor.Stop(Stats()));
            }
            else
            {
                Context.Stop(_announcer!);
                _announcerGone = true;
            }
        }

        if (_begun && _state != TorrentState.Failed && !_piecesClosed) AskCheckpoint();
        else if (!_begun && _acknowledged && _token != 0 && _recorded?.Summary is null && _source.IsRecorded) Store(new StoreCommand.PutTorrent(_torrent, _token, Record()), StoreStep.Summary);
        else ContinueStop();
    }

    private void ComeLate(object message) => Context.Parent.Tell(new TorrentsActor.CameLate(_torrent, message), Sender);

    private void OnMayRest()
    {
        _mayRest = true;
        EndRest();
    }

    private void EndRest()
    {
        if (!_mayRest || !_releasing || !_announcerGone) return;
        var resting = new RestingTorrent(Row() with { State = RestingState, DownloadRate = 0, UploadRate = 0, ConnectedPeers = 0, ConnectedSeeds = 0 })
        {
            PieceCount = _verified?.Length ?? 0,
            VerifiedPieces = _verified?.Count ?? 0,
            Moved = Moved,
            TrackerTiers = TrackerTiers,
            WasAnnounced = IsKnownToTrackers,
            Group = _options.Group,
        };
        Context.Parent.Tell(_again is null ? new TorrentsActor.Rests(resting) : new TorrentsActor.BeginsAnew(resting, _again));
        Context.Stop(Self);
    }

    // What has just begun may not have come as far as its trackers, unless they knew it before; what stands still has told them goodbye.
    private bool IsKnownToTrackers => !_options.StandsStill && _state != TorrentState.Failed && !IsSilent && (_source.WasAnnounced || (_announcing && Now() - _announcedFrom >= TimeToBeHeard.Ticks));

    private TorrentState RestingState => _state == TorrentState.Failed ? TorrentState.Failed : _options.Paused ? TorrentState.Stopped : _options.Queued ? TorrentState.Queued : TorrentState.Seeding;

    // What is wanted, and how much of it is on record. Files that are open know better.
    private void Measure()
    {
        if (_metainfo is null) return;
        _layout = null;
        var layout = _metainfo.Layout;
        var wantedFiles = SelectedFiles.WantedFiles(_metainfo, _options.Select, _magnet?.Selection);
        if (_options.FilePriorities.IsEmpty)
        {
            _wanted = SelectedFiles.WantedPieces(layout, wantedFiles);
            _priorities = [];
        }
        else
        {
            var files = new FilePriorities(layout);
            var changed = new List<PieceIndex>();
            for (var file = 0; file < wantedFiles.Length; file++)
            {
                if (!layout.Files[file].IsPad) files.Set(file, PriorityOf(file, wantedFiles), changed);
            }

            _priorities = [.. files.Pieces];
            _wanted = new Bitfield(layout.Geometry.PieceCount);
            for (var piece = 0; piece < _priorities.Length; piece++)
            {
                if (_priorities[piece].IsWanted) _wanted.Add(new PieceIndex(piece));
            }
        }

        _selectedLength = LengthOf(_wanted);
        if (_pieces is null) _verified = (_progress is null ? null : Bitfield.FromWire(_progress.Verified.AsSpan(), layout.Geometry.PieceCount)) ?? new Bitfield(layout.Geometry.PieceCount);
        CountVerified();
    }

    private PiecePriority PriorityOf(int file, ImmutableArray<bool> wantedFiles) =>
        _options.FilePriorities.TryGetValue(file, out var priority) ? priority : wantedFiles[file] ? PiecePriority.Normal : PiecePriority.Skip;

    private ImmutableArray<PiecePriority> Priorities()
    {
        if (!_priorities.IsEmpty) return _priorities;
        var priorities = ImmutableArray.CreateBuilder<PiecePriority>(_wanted!.Length);
        for (var piece = 0; piece < _wanted.Length; piece++) priorities.Add(_wanted[new PieceIndex(piece)] ? PiecePriority.Normal : PiecePriority.Skip);
        return priorities.DrainToImmutable();
    }

    private TorrentSummary Summarise() => new()
    {
        Name = OwnName,
        HasMetadata = _metainfo is not null,
        IsPrivate = _metainfo is { IsPrivate: true },
        TotalLength = _metainfo?.Layout.Geometry.TotalLength ?? 0,
        SelectedLength = _selectedLength,
        VerifiedLength = _verifiedLength,
        PieceCount = _verified?.Length ?? 0,
        VerifiedPieces = _verified?.Count ?? 0,
        Downloaded = (_progress?.Downloaded ?? 0) + _peers.Downloaded,
        Uploaded = (_progress?.Uploaded ?? 0) + _peers.Uploaded,
        CompletedTicks = _completedTicks,
        ActiveTicks = _activeTicks,
        TrackerTiers = TrackerTiers,
    };

    private TorrentRow Row()
    {
        var now = Now();
        return new TorrentRow
        {
            Torrent = _torrent,
            Name = Name,
            ContentName = _metainfo?.Name,
            State = _state,
            Reason = _reason,
            Folder = _options.Folder,
            Category = _options.Category,
            Labels = _options.Labels,
            TrackerHosts = TorrentRow.HostsOf(TrackerTiers),
            AddedTicks = _addedTicks,
            CompletedTicks = _completedTicks,
            ActiveTicks = _activeTicks,
            HasMetadata = _metainfo is not null,
            IsPrivate = _metainfo is { IsPrivate: true },
            TotalLength = _metainfo?.Layout.Geometry.TotalLength ?? 0,
            SelectedLength = _selectedLength,
            VerifiedLength = _verifiedLength,
            DownloadedEver = (_progress?.Downloaded ?? 0) + _peers.Downloaded,
            UploadedEver = (_progress?.Uploaded ?? 0) + _peers.Uploaded,
            DownloadRate = _peers.DownloadRate(now),
            UploadRate = _peers.UploadRate(now),
            ConnectedPeers = _peers.All.Count(peer => peer.Handshaken),
            ConnectedSeeds = _peers.All.Count(peer => peer is { Handshaken: true, IsSeed: true }),
            QueuePosition = _options.QueuePosition,
        };
    }

    private void TellRow()
    {
        if (!_acknowledged || !_isAwake || Row() is not { } row || row == _toldRow) return;
        _toldRow = row;
        Context.Parent.Tell(new TorrentsActor.RowTold(row));
    }
}
