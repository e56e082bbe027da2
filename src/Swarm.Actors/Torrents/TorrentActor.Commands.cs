using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Torrents;

// What a service asks of it: one command at a time, in the order they came. What changes is recorded first, then carried out, then acknowledged.
public sealed partial class TorrentActor
{
    private readonly Queue<(TorrentsActor.ITorrentCommand Command, IActorRef Asker)> _commands = new();
    private PendingChange? _pending;
    private ImmutableArray<TrackerStatus> _trackerStatuses = [];

    private bool IsCommanded => _pending is not null || _commands.Count > 0 || _isWorkingOnFiles;

    // A goal reached is as if the user had paused it.
    private double RatioGoal => _options.RatioGoal < 0 ? _services.Settings.RatioGoal : _options.RatioGoal;

    private TimeSpan SeedTimeGoal => _options.SeedTimeGoal < TimeSpan.Zero ? _services.Settings.SeedTimeGoal : _options.SeedTimeGoal;

    private bool IsGoalReached =>
        (RatioGoal > 0 && _selectedLength > 0 && (_progress?.Uploaded ?? 0) + _peers.Uploaded >= RatioGoal * _selectedLength)
        || (SeedTimeGoal > TimeSpan.Zero && _completedTicks > 0 && _services.Ports.Time.GetUtcNow().Ticks - _completedTicks >= SeedTimeGoal.Ticks);

    private void OnCommand(TorrentsActor.ITorrentCommand command)
    {
        if (_isLeaving) ComeLate(command);
        else if (_commands.Count >= _services.Settings.MaxHeld) Sender.Tell(new TorrentsActor.Refused(_torrent, "too much waits for this torrent already; try again"));
        else if (_state == TorrentState.Stopping && !_isGoing) Sender.Tell(new TorrentsActor.Refused(_torrent, "the torrent is stopping"));
        else
        {
            _commands.Enqueue((command, Sender));
            NextCommand();
        }
    }

    private void NextCommand()
    {
        while (_acknowledged && !IsEnding && _pending is null && !_isWorkingOnFiles && _commands.TryDequeue(out var next)) Carry(next.Command, next.Asker);
        if (_acknowledged && !_isAwake && !IsEnding && !IsCommanded) Rest();
    }

    private void Carry(TorrentsActor.ITorrentCommand command, IActorRef asker)
    {
        switch (command)
        {
            case TorrentsActor.Pause: Change(asker, _options with { Paused = true }, _unfinished, Paused); break;
            case TorrentsActor.Resume: Change(asker, _options with { Paused = false, Queued = false }, _unfinished, Resumed); break;
            case TorrentsActor.Hold: Change(asker, _options with { Queued = true }, _unfinished, Paused); break;
            case TorrentsActor.Release: Change(asker, _options with { Queued = false }, _unfinished, Released); break;
            case TorrentsActor.Configure configure: Configure(configure.Changes, asker); break;
            case TorrentsActor.Recheck: Recheck(asker); break;
            case TorrentsActor.Reannounce: Reannounce(asker); break;
            case TorrentsActor.AddPeers add: AddPeers(add.Peers, asker); break;
            case TorrentsActor.SetGroup set: SetGroup(set.Group, asker); break;
            case TorrentsActor.Remove remove: Change(asker, _options, new UnfinishedWork.Removal(remove.DeleteData), Go, isAnswered: false); break;
            case TorrentsActor.Move move: Move(move, asker); break;
            case TorrentsActor.RenameFile rename: Rename(rename, asker); break;
            case TorrentsActor.GetDetails: asker.Tell(Details()); break;
            default: asker.Tell(new TorrentsActor.Refused(_torrent, "this is nothing that a torrent does")); break;
        }
    }

    // Records, then carries out, then acknowledges; what is not recorded does not happen.
    private void Change(IActorRef asker, TorrentOptions options, UnfinishedWork? unfinished, Action then, bool isAnswered = true)
    {
        _pending = new PendingChange(asker, _options, _unfinished, then, isAnswered);
        _options = options;
        _unfinished = unfinished;
        Store(new StoreCommand.PutOptions(_torrent, _token, options, unfinished), StoreStep.Command);
    }

    private void OnCommandRecorded()
    {
        if (_pending is not { } change) return;
        _pending = null;
        if (!change.IsAnswered) _remover = change.Asker;
        change.Then();
        if (change.IsAnswered) change.Asker.Tell(new TorrentsActor.Done(_torrent));
        NextCommand();
    }

    private void OnCommandNotRecorded(string reason)
    {
        if (_pending is not { } change) return;
        _options = change.Options;
        _unfinished = change.Unfinished;
        RefusePending($"it cannot be recorded: {reason}");
        NextCommand();
    }

    private void RefusePending(string reason)
    {
        var asker = _pending?.Asker;
        _pending = null;
        asker?.Tell(new TorrentsActor.Refused(_torrent, reason));
    }

    private void RefuseAll(string reason)
    {
        RefusePending(reason);
        var refused = new TorrentsActor.Refused(_torrent, reason);
        _remover?.Tell(refused);
        _mover?.Tell(refused);
        _remover = _mover = null;
        while (_commands.TryDequeue(out var next)) next.Asker.Tell(refused);
    }

    private void Paused()
    {
        if (_isAwake) Rest();
    }

    private void Resumed()
    {
        if (_state == TorrentState.Failed) BeginAnew(_options);
        else if (!_isAwake && !IsComplete) StartWork();
    }

    private void Released()
    {
        if (_state != TorrentState.Failed && !_options.Paused) Resumed();
    }

    private void Recheck(IActorRef asker)
    {
        asker.Tell(new TorrentsActor.Done(_torrent));
        if (_isAwake)
        {
            BeginAnew(_options with { Recheck = true });
            return;
        }

        _options = _options with { Recheck = true };
        StartWork();
    }

    private void Reannounce(IActorRef asker)
    {
        if (IsRefusedWhilePaused(asker)) return;
        if (!_isAwake) StartWork();
        else _announcer?.Tell(AnnouncerActor.NeedPeers.Instance);
        asker.Tell(new TorrentsActor.Done(_torrent));
    }

    private void AddPeers(ImmutableArray<IPEndPoint> peers, IActorRef asker)
    {
        if (IsRefusedWhilePaused(asker)) return;
        foreach (var peer in peers) _peers.Candidates.Add(peer, PeerSource.User);
        if (!_isAwake) StartWork();
        Dial();
        asker.Tell(new TorrentsActor.Done(_torrent));
    }

    private void SetGroup(Protocol.Cluster.ReplicaGroup group, IActorRef asker)
    {
        TakeGroup(group);
        asker.Tell(new TorrentsActor.Done(_torrent));
    }

    private bool IsRefusedWhilePaused(IActorRef asker)
    {
        if (_options.Paused) asker.Tell(new TorrentsActor.Refused(_torrent, "the torrent is paused; resume it first"));
        else if (_options.Queued) asker.Tell(new TorrentsActor.Refused(_torrent, "the torrent waits in the queue; resume it to start it at once"));
        else if (_state == TorrentState.Failed) asker.Tell(new TorrentsActor.Refused(_torrent, $"the torrent has failed: {_reason}"));
        else return false;
        return true;
    }

    private void Configure(TorrentChanges changes, IActorRef asker)
    {
        if (TorrentChangeRules.WhyRefused(changes, _metainfo?.Layout.Files.Length) is { } refusal)
        {
            asker.Tell(new TorrentsActor.Refused(_torrent, refusal));
            return;
        }

        var before = _options;
        Change(asker, _options.With(changes), _unfinished, () => Apply(before));
    }

    private void Apply(TorrentOptions before)
    {
        if (before.DownloadLimit != _options.DownloadLimit || before.UploadLimit != _options.UploadLimit || before.MaxConnections != _options.MaxConnections) TakeLimits();
        if (before.TrackerTiers != _options.TrackerTiers) TrackersReplaced();
        if (before.FilePriorities != _options.FilePriorities || before.Sequential != _options.Sequential) WantsChanged();
        if (!_isAwake && !_options.StandsStill && !IsComplete) StartWork();
        TellRow();
    }

    private void TakeLimits()
    {
        _services.Bandwidth.Tell(new BandwidthActor.SetLimits(_scope, _options.DownloadLimit, _options.UploadLimit));
        _peers.SetUploadLimit(_options.UploadLimit, Now());
        var most = _services.Settings.Candidates.MaxConnections;
        _peers.Candidates.MaxConnections = _options.MaxConnections > 0 ? Math.Min(_options.MaxConnections, most) : most;
    }

    private void TrackersReplaced()
    {
        if (_announcerGone) StartAnnouncer();
        else _announcer!.Tell(new AnnouncerActor.SetTrackers(TrackerUrl.ParseTiers(TrackerTiers)));
    }

    private void WantsChanged()
    {
        Measure();
        if (!_begun) return;
        _pieces!.Tell(new PiecesActor.SetWanted(Priorities(), _options.Sequential));
        if (IsComplete || _state != TorrentState.Seeding) return;
        _finished = false;
        _peers.Choker.IsSeeding = false;
        SetState(TorrentState.Downloading);
        _announcer?.Tell(AnnouncerActor.NeedPeers.Instance);
    }

    private TorrentDetails Details() => new()
    {
        Row = Row() with { State = _isAwake ? _state : RestingState },
        Status = Describe() with { State = _isAwake ? _state : RestingState },
        Options = _options,
        Metainfo = _metainfo,
        Magnet = _magnet?.ToString(),
        Pieces = _verified is null ? [] : [.. _verified.ToWire()],
        Files = _verified is null ? [] : TorrentFiles.Describe(Layout, _verified, PriorityOfFiles()),
        Peers = [.. _peers.All.Where(peer => peer.Handshaken).Select(peer => peer.Describe(Now()))],
        Trackers = DescribeTrackers(),
    };

    private ImmutableArray<Protocol.Picking.PiecePriority> PriorityOfFiles()
    {
        var wanted = SelectedFiles.WantedFiles(_metainfo!, _options.Select, _magnet?.Selection);
        return [.. wanted.Select((_, file) => PriorityOf(file, wanted))];
    }

    private ImmutableArray<TrackerDetails> DescribeTrackers()
    {
        if (_trackerStatuses.IsEmpty) return [.. TrackerTiers.SelectMany((tier, number) => tier.Select(url => new TrackerDetails(url, number, null, -1, -1, -1, 0, 0, 0)))];
        var now = _services.Ports.Time.GetUtcNow().Ticks;
        return
        [
            .. _trackerStatuses.Select(tracker => new TrackerDetails(
                tracker.Url.Text, tracker.Tier, tracker.Failure?.Message, tracker.Seeders ?? -1, tracker.Leechers ?? -1, tracker.Downloaded ?? -1, tracker.Peers,
                _announcedAt.GetValueOrDefault(tracker.Url.Text), tracker.NextAnnounceIn is { } next ? now + next.Ticks : 0)),
        ];
    }

    /// <summary>What is being recorded for whom, what was before, and what is to be done when it is.</summary>
    private sealed record PendingChange(IActorRef Asker, TorrentOptions Options, UnfinishedWork? Unfinished, Action Then, bool IsAnswered);
}
