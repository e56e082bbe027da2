using System.Collections.Immutable;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

/// <summary>
/// <c>cluster/router</c>: the one face of the cluster at this node. Takes commands for any torrent and any member, writes what is wanted into the tables, and answers when it is so: a torrent is durable before its addition is acknowledged, and replicated as often as was asked for.
/// Answers what the whole cluster is like from the view, without asking anybody.
/// <para>Every command may be done twice, so what failed or is unknown is tried again at the next look until its patience is over. Waiting commands are bounded; one more is refused at once.</para>
/// <para>Parts: this one is commands and answers, Sharing is what nodes tell each other: reports, events, limits; Bans is whom they have no dealings with.</para>
/// </summary>
public sealed partial class RouterActor : UntypedActor, IWithTimers
{
    private readonly ClusterSettings _settings;
    private readonly IActorRef _table;
    private readonly IActorRef _bandwidth;
    private readonly IActorRef _net;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<long, Waiting> _waiting = [];
    private long _lastTag;
    private ClusterView _view = ClusterView.Empty;
    private SiteTable? _sites;
    private MemberId _self;
    private SessionState _session;
    private bool _hasNews;

    private RouterActor(ClusterSettings settings, IActorRef table, IActorRef bandwidth, IActorRef net, TimeProvider time)
    {
        _settings = settings;
        _table = table;
        _bandwidth = bandwidth;
        _net = net;
        _time = time;
        _bans = new BanList(settings.Bans);
    }

    /// <summary>
    /// Adds a torrent to the cluster, or changes how many replicas it has. <paramref name="Acknowledged"/>: complete replicas before it is answered, 0 for none. Answered with <see cref="Accepted"/> or <see cref="Refused"/>.
    /// <paramref name="Patience"/>: how long to wait, null for as long as the settings say.
    /// </summary>
    public sealed record Add(TorrentSource Source, int Replicas, int Acknowledged, TimeSpan? Patience = null)
    {
        /// <summary>A new torrent stands still everywhere until it is to go on.</summary>
        public bool IsPaused { get; init; }

        /// <summary>A new torrent's pieces are fetched in order.</summary>
        public bool IsSequential { get; init; }

        /// <summary>A new torrent's limit, payload bytes a second at each replica, 0 for none.</summary>
        public long DownloadLimit { get; init; }

        /// <summary>Likewise for what is sent.</summary>
        public long UploadLimit { get; init; }
    }

    /// <summary>Stand still at every replica, or go on. Answered with <see cref="Accepted"/> or <see cref="Refused"/>.</summary>
    public sealed record SetPaused(InfoHash Torrent, bool IsPaused);

    /// <summary>Change how each replica is run, those that run included; a member that is null is left as it is. Likewise answered.</summary>
    public sealed record SetOptions(InfoHash Torrent)
    {
        /// <summary>Fetch pieces in order.</summary>
        public bool? IsSequential { get; init; }

        /// <summary>Payload bytes a second at each replica, 0 or more; 0 for no limit.</summary>
        public long? DownloadLimit { get; init; }

        /// <summary>Likewise for what is sent.</summary>
        public long? UploadLimit { get; init; }
    }

    /// <summary>Change how many replicas a torrent has; likewise answered.</summary>
    public sealed record SetReplicas(InfoHash Torrent, int Replicas);

    /// <summary>Forget a torrent everywhere; likewise answered, when it is decided.</summary>
    public sealed record Remove(InfoHash Torrent, bool DeleteData);

    /// <summary>Brings a member into another state: draining, up again, or, where people know better than the votes, down; likewise answered.</summary>
    public sealed record SetMember(string EndPoint, MemberState State);

    /// <summary>It is durable. <paramref name="CompleteReplicas"/>: how many replicas were complete then, at storages that were not lost.</summary>
    public sealed record Accepted(InfoHash Torrent, int CompleteReplicas);

    /// <summary>It is not known to be done, or there are not so many complete replicas yet; <paramref name="IsDurable"/> says which. <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Refused(string Reason, bool IsDurable);

    /// <summary>Asks for a <see cref="ClusterStatus"/>.</summary>
    public sealed record GetStatus;

    /// <summary>Asks where a torrent is and should be, and why: a <see cref="PlacementAnswer"/>.</summary>
    public sealed record Explain(InfoHash Torrent);

    private sealed class Waiting(IActorRef replyTo, InfoHash torrent, int acknowledged, long until, Func<ClusterView, ClusterCommand?> command)
    {
        public IActorRef ReplyTo { get; } = replyTo;

        public InfoHash Torrent { get; } = torrent;

        public int Acknowledged { get; } = acknowledged;

        public long Until { get; } = until;

        public Func<ClusterView, ClusterCommand?> Command { get; } = command;

        public bool IsAsked { get; set; }

        public bool IsDurable { get; set; }

        public string Problem { get; set; } = "the cluster's tables did not answer";
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(ClusterSettings settings, IActorRef table, IActorRef bandwidth, IActorRef net, TimeProvider time) =>
        ActorProps.Create(() => new RouterActor(settings, table, bandwidth, net, time));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _table.Tell(new TableActor.Watch());
        Context.System.EventStream.Subscribe(Self, typeof(TorrentEvent.StateChanged));
        Context.System.EventStream.Subscribe(Self, typeof(TorrentEvent.PeerBanned));
        Context.System.EventStream.Subscribe(Self, typeof(TorrentRowsEvent));
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, _settings.ReplicaInterval);
        Timers.StartPeriodicTimer(nameof(Report), Report.Instance, _settings.ReportInterval);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        foreach (var waiting in _waiting.Values) waiting.ReplyTo.Tell(new Refused("the node is stopping", waiting.IsDurable));
    }

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.Parent.Tell(new ClusterActor.Restarted());
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MembersActor.Heard heard: OnHeard(heard); break;
            case TorrentEvent.StateChanged changed: OnLocalEvent(changed); break;
            case TorrentRowsEvent rows: OnRows(rows); break;
            case TorrentEvent.PeerBanned banned: OnBanned(banned); break;
            case TableActor.ViewChanged changed: OnView(changed.View); break;
            case TableActor.Ran ran: OnRan(ran); break;
            case TableActor.RunFailed failed: OnRunFailed(failed); break;
            case Look: OnLook(); break;
            case Report: OnReport(); break;
            case Add add: OnAdd(add); break;
            case SetPaused set: Change(set.Torrent, new WantedChanges { IsPaused = set.IsPaused }); break;
            case SetOptions set: OnSetOptions(set); break;
            case SetReplicas set: Change(set.Torrent, new WantedChanges { Replicas = Math.Clamp(set.Replicas, 1, ClusterLimits.MaxReplicas) }); break;
            case Remove remove: Change(remove.Torrent, new WantedChanges { Removal = remove.DeleteData }); break;
            case SetMember set: OnSetMember(set); break;
            case GetStatus: Sender.Tell(new ClusterStatus(_self, _session, _plans, _view, [.. _reports.Select(static each => new NodeLine(each.Key, each.Value.Report))], _bans.All(Now())) { Share = _told, Placement = _settings.Placement }); break;
            case Explain explain: OnExplain(explain.Torrent); break;
            case MembersActor.Began began: _self = began.Self; break;
            case MembersActor.Ended: _self = default; break;
            case MembersActor.SessionChanged session: _session = session.State; break;
            case PlannerActor.PlansChanged plans: OnPlans(plans.Plans); break;
            case ReplicasActor.Running running: _running = running.Torrents; break;
            case SetBan set: OnSetBan(set.Ban); break;
            case LiftBan lift: OnLiftBan(lift); break;
            case Replan: OnReplan(); break;
            case WatchEvents: _watchesUntil = Now() + (_settings.ReportInterval.Ticks * 6); break;
            default: Unhandled(message); break;
        }
    }

    // Of the view there is; made when it is needed.
    private SiteTable Sites => _sites ??= new SiteTable(_view, _settings.Placement);

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void OnAdd(Add add)
    {
        if (add.Replicas is < 1 or > ClusterLimits.MaxReplicas || add.Acknowledged < 0 || add.Acknowledged > add.Replicas)
        {
            Sender.Tell(new Refused($"replicas go from 1 to {ClusterLimits.MaxReplicas}, and of those acknowledged there are no more than replicas", IsDurable: false));
            return;
        }

        if (add.Source.Problem is { } problem)
        {
            Sender.Tell(new Refused(problem, IsDurable: false));
            return;
        }

        ImmutableArray<byte> source = add.Source.Magnet is { } magnet ? [.. System.Text.Encoding.UTF8.GetBytes(magnet.ToString())] : add.Source.File;
        var length = add.Source.Metainfo?.Layout.Geometry.TotalLength ?? 0;
        var name = add.Source.Metainfo?.Name ?? add.Source.Magnet?.DisplayName;
        var fresh = new WantedTorrent
        {
            Torrent = add.Source.Torrent,
            Name = name?.Length > ClusterLimits.MaxNameLength ? name[..ClusterLimits.MaxNameLength] : name,
            Replicas = add.Replicas,
            Length = length,
            IsPaused = add.IsPaused,
            IsSequential = add.IsSequential,
            DownloadLimit = add.DownloadLimit,
            UploadLimit = add.UploadLimit,
        };
        ImmutableArray<string> hints = [.. (add.Source.Magnet?.Peers ?? []).Take(ClusterLimits.MaxHints).Select(static peer => peer.ToString())];
        Wait(Sender, add.Source.Torrent, add.Acknowledged, add.Patience, _ => new ClusterCommand.AddTorrent(fresh, source) { Hints = hints });
    }

    // The tables apply it to the row as it is then: what this node's view does not show yet is not taken back.
    private void Change(InfoHash torrent, WantedChanges changes) => Wait(Sender, torrent, 0, null, _ => new ClusterCommand.ChangeTorrent(torrent, changes));

    private void OnSetOptions(SetOptions set)
    {
        if (set is { DownloadLimit: < 0 } or { UploadLimit: < 0 })
        {
            Sender.Tell(new Refused("a limit cannot be negative; 0 is none", IsDurable: false));
            return;
        }

        Change(set.Torrent, new WantedChanges { IsSequential = set.IsSequential, DownloadLimit = set.DownloadLimit, UploadLimit = set.UploadLimit });
    }

    private void OnSetMember(SetMember set) =>
        Wait(Sender, default, 0, null, view => view.Members.LastOrDefault(member => member.Id.EndPoint == set.EndPoint) is { } member ? new ClusterCommand.SetState(member.Id, set.State, view.Version) : null);

    private void Wait(IActorRef replyTo, InfoHash torrent, int acknowledged, TimeSpan? patience, Func<ClusterView, ClusterCommand?> command)
    {
        if (_waiting.Count >= _settings.MaxWaitingCommands)
        {
            replyTo.Tell(new Refused($"{_waiting.Count} commands wait already", IsDurable: false));
            return;
        }

        var waiting = new Waiting(replyTo, torrent, acknowledged, Now() + (patience ?? _settings.CommandPatience).Ticks, command);
        _waiting.Add(++_lastTag, waiting);
        Try(_lastTag, waiting);
    }

    private void Try(long tag, Waiting waiting)
    {
        // What is not in a view that lacks something may be there all the same.
        if (!_view.IsCaughtUp || waiting.IsAsked) return;
        if (waiting.Command(_view) is not { } command)
        {
            End(tag, waiting, new Refused("the cluster has no such member", IsDurable: false));
            return;
        }

        waiting.IsAsked = true;
        _table.Tell(new TableActor.Run(command, tag));
    }

    private void OnRan(TableActor.Ran ran)
    {
        if (!_waiting.TryGetValue(ran.Tag, out var waiting)) return;
        waiting.IsAsked = false;
        switch (ran.Outcome)
        {
            case ClusterOutcome.Done: OnDurable(ran.Tag, waiting); break;
            case ClusterOutcome.Refused refused: End(ran.Tag, waiting, new Refused(refused.Reason, IsDurable: false)); break;
            default: _table.Tell(new TableActor.Refresh()); break;
        }
    }

    private void OnDurable(long tag, Waiting waiting)
    {
        waiting.IsDurable = true;
        _hasNews = true;
        if (waiting.Acknowledged == 0) End(tag, waiting, new Accepted(waiting.Torrent, CompleteOf(waiting.Torrent)));
    }

    private void OnRunFailed(TableActor.RunFailed failed)
    {
        if (!_waiting.TryGetValue(failed.Tag, out var waiting)) return;
        waiting.IsAsked = false;
        waiting.Problem = failed.Reason;
    }

    private void OnView(ClusterView view)
    {
        _view = view;
        _sites = null;
        TakeBans(view);
        // For whoever in the program shows the cluster; nothing in the tree listens.
        Context.System.EventStream.Publish(new ClusterSeen(view));
        if (!view.IsCaughtUp) return;
        // Once for all that one batch has brought.
        if (_hasNews) Context.Parent.Tell(new MembersActor.TellAll(new ClusterMessage.Changed(view.Version, view.UpToChange)));
        _hasNews = false;
        if (_waiting.Count == 0) return;
        foreach (var (tag, waiting) in _waiting.ToArray())
        {
            if (waiting.IsDurable && view.Torrents.ContainsKey(waiting.Torrent) && CompleteOf(waiting.Torrent) is var complete && complete >= waiting.Acknowledged) End(tag, waiting, new Accepted(waiting.Torrent, complete));
        }
    }

    // Whoever waits for copies waits for some that are there.
    private int CompleteOf(InfoHash torrent) => _view.Torrents.GetValueOrDefault(torrent) is { } placed ? Sites.CompleteOf(placed) : 0;

    private void OnLook()
    {
        var now = Now();
        foreach (var (tag, waiting) in _waiting.ToArray())
        {
            if (now >= waiting.Until) End(tag, waiting, Late(waiting));
            else if (!waiting.IsDurable) Try(tag, waiting);
        }

        TellEvents(now);
        KeepShare(now);
    }

    private Refused Late(Waiting waiting) => waiting.IsDurable
        ? new Refused($"the torrent is in the cluster, with {CompleteOf(waiting.Torrent)} complete replicas so far, not {waiting.Acknowledged}", IsDurable: true)
        : new Refused($"{waiting.Problem}; it may have been done all the same", IsDurable: false);

    private void End(long tag, Waiting waiting, object answer)
    {
        _waiting.Remove(tag);
        waiting.ReplyTo.Tell(answer);
    }

    private void OnExplain(InfoHash torrent)
    {
        if (_view.Torrents.GetValueOrDefault(torrent) is not { } placed)
        {
            Sender.Tell(new Refused($"the cluster has no torrent {torrent}", IsDurable: false));
            return;
        }

        var sites = Sites;
        var ranked = Rendezvous.Rank(torrent, sites.Here);
        var desired = PlacementRule.Desired(placed, sites, ranked, _settings.Placement);
        Sender.Tell(new PlacementAnswer(
            placed,
            sites.CompleteOf(placed),
            [.. ranked.Select(site => new SiteLine(site, sites.HasRoom(site.Storage, placed.Wanted.Length, _settings.Placement), desired.Contains(site), _view.RunnerOf(site.Storage, torrent)))],
            PlacementRule.Next(placed, sites, _settings.Placement)));
    }

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Report
    {
        public static readonly Report Instance = new();
    }
}
