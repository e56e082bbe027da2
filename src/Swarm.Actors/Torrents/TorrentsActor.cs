using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;

namespace Swarm.Actors.Torrents;

/// <summary>
/// All torrents of the node, by hash. Child of the node. Adds, takes up and stops them, routes incoming connections, commands and questions, and publishes their rows.
/// <para>
/// A torrent is either at work, with a <see cref="TorrentActor"/> of its own, or at rest, with an entry in <see cref="RestingTorrents"/> and nothing else (ADR 11). Whatever is meant for one at rest wakes
/// it. When one goes to rest it says so, and is told that it may; what comes for it from then on is held here, and wakes it again when it is gone: so no message falls between the two.
/// </para>
/// <para>
/// A torrent that fails by a bug is restarted and begins anew from the store; if it keeps failing it is stopped and stands as failed. After a bug of its own this actor goes on with its state (its parent
/// resumes it), for a restart would stop the torrents.
/// </para>
/// </summary>
public sealed partial class TorrentsActor : UntypedActor, IWithTimers
{
    private readonly TorrentServices _services;
    private readonly SortedDictionary<InfoHash, TorrentAtWork> _atWork = [];
    private readonly Dictionary<IActorRef, InfoHash> _byActor = [];
    private readonly RestingTorrents _resting = new();
    private readonly SortedDictionary<InfoHash, TorrentRow> _changedRows = [];
    private readonly LinkedList<TorrentAtWork> _idle = new();
    private IActorRef _announcer = ActorRefs.Nobody;
    private IActorRef? _drainer;
    private bool _goodbyesSaid;
    private int _lastScope;

    private TorrentsActor(TorrentServices services) => _services = services;

    /// <summary>Adds a torrent and runs it. Answered with <see cref="TorrentActor.Added"/> or <see cref="TorrentActor.AddFailed"/>.</summary>
    public sealed record Add(TorrentSource Source, TorrentOptions Options)
    {
        /// <summary>What is recorded of it is replaced only if its content lies below this absolute folder: else it is somebody else's, and the addition is refused. Null: whatever is recorded is replaced.</summary>
        public string? Within { get; init; }
    }

    /// <summary>There is no such torrent.</summary>
    public sealed record Unknown(InfoHash Torrent);

    /// <summary>A connection came in and wants this torrent.</summary>
    public sealed record Incoming(InfoHash Torrent, IPeerLink Link, ImmutableArray<byte> Head);

    /// <summary>Stops every torrent, keeping everything; answered with <see cref="AllStopped"/>.</summary>
    public sealed record StopAll;

    /// <summary>All torrents have stopped.</summary>
    public sealed record AllStopped;

    /// <summary>Looks for a recorded torrent whose content lies at this absolute path; answered with <see cref="ContentFinderActor.Found"/>.</summary>
    public sealed record FindByContent(string ContentPath);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A supervisor of torrents.</summary>
    public static Props Props(TorrentServices services) => ActorProps.Create(() => new TorrentsActor(services));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(5, TimeSpan.FromMinutes(1), failure => failure is ActorInitializationException ? Directive.Stop : Directive.Restart);

    /// <inheritdoc/>
    protected override void PreStart() => _announcer = Context.ActorOf(RestingActor.Props(_services), "resting");

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Incoming incoming: OnIncoming(incoming); break;
            case RowTold told: OnRowTold(told.Row); break;
            case TellRows: PublishRows(); break;
            case TorrentActor.GetStatus get: OnGetStatus(get); break;
            case GetRows: Sender.Tell(new Rows(AllRows())); break;
            case Add add: OnAdd(add); break;
            case Restore restore: OnRestore(restore); break;
            case SetGroup set when _resting.TryFind(set.Torrent, out var resting): OnSetGroup(resting, set); break;
            case CommandWithin within: OnCommandWithin(within); break;
            case ITorrentCommand command: Pass(command.Torrent, command); break;
            case Shun shun:
                foreach (var torrent in _atWork.Values) torrent.Actor.Tell(shun);
                break;
            case Forgive forgive:
                foreach (var torrent in _atWork.Values) torrent.Actor.Tell(forgive);
                break;
            case Wanted wanted: OnWanted(wanted); break;
            case GoesToRest goes: OnGoesToRest(goes.Torrent); break;
            case CameLate late: OnCameLate(late); break;
            case Rests rests: OnLastWord(rests.Torrent.Row.Torrent, rests); break;
            case BeginsAnew anew: OnLastWord(anew.Torrent.Row.Torrent, anew); break;
            case IsGone gone: OnLastWord(gone.Torrent, gone); break;
            case CannotWork cannot: OnLastWord(cannot.Torrent, cannot); break;
            case IsBack back: OnIsBack(back.Torrent); break;
            case Store.StoreActor.Ran ran: OnTakenUp((StoreOutcome.TakenUp)ran.Outcome); break;
            case Store.StoreActor.RunFailed failed: OnTakingUpFailed(failed.Reason); break;
            case FindByContent find: Context.ActorOf(ContentFinderActor.Props(_services.Store, find.ContentPath, Sender, _services.Settings.Metainfo)); break;
            case StopAll: OnStopAll(); break;
            case RestingActor.SaidGoodbye: OnGoodbyesSaid(); break;
            case TorrentActor.Stopped stopped: OnLastWord(stopped.Torrent, stopped); break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private void OnIncoming(Incoming incoming)
    {
        if (_drainer is null && (_atWork.ContainsKey(incoming.Torrent) || (_resting.TryFind(incoming.Torrent, out var resting) && resting.IsServed)))
            Deliver(incoming.Torrent, new TorrentActor.Incoming(incoming.Link, incoming.Head));
        else incoming.Link.Close();
    }

    private void OnGetStatus(TorrentActor.GetStatus get)
    {
        if (_resting.TryFind(get.Torrent, out var resting)) Sender.Tell(resting.Describe());
        else if (_atWork.TryGetValue(get.Torrent, out var torrent)) torrent.Actor.Forward(get);
        else Sender.Tell(new Unknown(get.Torrent));
    }

    private void OnAdd(Add add)
    {
        var torrent = add.Source.Torrent;
        var count = _atWork.Count + _resting.Count;
        if (_drainer is not null) Sender.Tell(new TorrentActor.AddFailed(torrent, "the node is stopping"));
        else if (FolderOf(torrent) is { } folder) Sender.Tell(new TorrentActor.AddFailed(torrent, $"the torrent is already there, in {folder}", folder));
        else if (count >= _services.Settings.MaxTorrents) Sender.Tell(new TorrentActor.AddFailed(torrent, $"the node has {count} torrents, which is its limit"));
        else Run(add.Source, add.Options, Sender, add.Within);
    }

    // Where the content lies of one that is there.
    private string? FolderOf(InfoHash torrent) => _resting.TryFind(torrent, out var resting) ? resting.Row.Folder : _atWork.TryGetValue(torrent, out var atWork) ? atWork.Row?.Folder ?? atWork.AddedTo : null;

    /// <summary>Whether an absolute folder lies below another one.</summary>
    internal static bool LiesBelow(string folder, string other) => folder.StartsWith(other.TrimEnd('/') + '/', StringComparison.Ordinal);

    private TorrentAtWork Run(TorrentSource source, TorrentOptions options, IActorRef adder, string? within = null)
    {
        var actor = Context.ActorOf(TorrentActor.Props(source, options, _services, new BandwidthScope(++_lastScope), adder, within), $"torrent-{source.Torrent}");
        var torrent = new TorrentAtWork(actor, options.Folder);
        _atWork.Add(source.Torrent, torrent);
        _byActor.Add(actor, source.Torrent);
        Context.Watch(actor);
        return torrent;
    }

    private void Pass(InfoHash torrent, object command)
    {
        if (_drainer is not null) Sender.Tell(new Refused(torrent, "the node is stopping"));
        else if (_atWork.ContainsKey(torrent) || _resting.Contains(torrent)) Deliver(torrent, command);
        else Sender.Tell(new Unknown(torrent));
    }

    private void OnCommandWithin(CommandWithin within)
    {
        var torrent = within.Command.Torrent;
        if (FolderOf(torrent) is { } folder && !LiesBelow(folder, within.Folder)) Sender.Tell(new Unknown(torrent));
        else Pass(torrent, within.Command);
    }

    // To a torrent that is there: at once, by waking it, or when it is gone and woken again.
    private void Deliver(InfoHash torrent, object message)
    {
        if (!_atWork.TryGetValue(torrent, out var target)) target = Wake(torrent);
        if (!target.IsLeaving) target.Actor.Forward(message);
        else if (target.Held.Count < _services.Settings.MaxHeld) target.Held.Add((message, Sender));
        else Refuse(torrent, message, Sender);
    }

    private TorrentAtWork Wake(InfoHash torrent)
    {
        _resting.Remove(torrent, out var resting);
        _announcer.Tell(new RestingActor.Wakes(torrent));
        var woken = Run(TorrentSource.FromRest(resting!), new TorrentOptions { Folder = resting!.Row.Folder, Group = resting.Group }, ActorRefs.Nobody);
        woken.Row = resting.Row;
        woken.Rested = resting;
        return woken;
    }

    private void OnWanted(Wanted wanted)
    {
        if (_drainer is null && _resting.Contains(wanted.Torrent)) Deliver(wanted.Torrent, new AddPeers(wanted.Torrent, wanted.Peers));
    }

    private void OnSetGroup(RestingTorrent before, SetGroup set)
    {
        var resting = before with { Group = set.Group };
        var speaks = before.IsSilent != resting.IsSilent;
        if (speaks) resting = resting with { WasAnnounced = false };
        _resting.Add(resting);
        if (resting.IsServed && speaks) _announcer.Tell(resting.IsSilent ? new RestingActor.FallsSilent(set.Torrent) : new RestingActor.LieDown([resting]));
        Sender.Tell(new Done(set.Torrent));
    }

    private static void Refuse(InfoHash torrent, object message, IActorRef sender)
    {
        if (message is TorrentActor.Incoming incoming) incoming.Link.Close();
        else sender.Tell(new Refused(torrent, "too much waits for this torrent already; try again"));
    }

    private void OnGoesToRest(InfoHash torrent)
    {
        if (!_atWork.TryGetValue(torrent, out var leaving)) return;
        leaving.IsLeaving = true;
        leaving.Actor.Tell(TorrentActor.MayRest.Instance);
    }

    // It was sent before what is held here.
    private void OnCameLate(CameLate late)
    {
        if (_atWork.TryGetValue(late.Torrent, out var leaving)) leaving.Held.Insert(leaving.CameLate++, (late.Message, Sender));
        else Refuse(late.Torrent, late.Message, Sender);
    }

    private void OnLastWord(InfoHash torrent, object word)
    {
        if (_atWork.TryGetValue(torrent, out var leaving) && leaving.Actor.Equals(Sender)) leaving.LastWord = word;
    }

    private void OnTerminated(IActorRef actor)
    {
        if (!_byActor.Remove(actor, out var torrent)) return;
        _atWork.Remove(torrent, out var left);
        NoLongerIdle(left!);
        switch (left!.LastWord)
        {
            case BeginsAnew anew when _drainer is null:
                var next = Run(TorrentSource.FromRest(anew.Torrent), anew.Options, ActorRefs.Nobody);
                next.Row = anew.Torrent.Row;
                next.Rested = anew.Torrent;
                next.Actor.Tell(TorrentActor.WorkOn.Instance);
                break;
            case Rests rests: LieDown(rests.Torrent); break;
            case IsGone or TorrentActor.Stopped: RowGone(torrent); break;
            case CannotWork cannot: LieDown(Failed(left, cannot.Reason)); break;
            case null when left is { Row: null, Taken: { } taken } && _drainer is null: TakeUp([taken]); break;
            // What it is stands in the store.
            case null when (left.Row ?? left.Rested?.Row) is not null: LieDown(Failed(left, "it failed again and again; the log says why")); break;
        }

        foreach (var (message, sender) in left.Held) Redeliver(torrent, message, sender);
        TellIfAllStopped();
    }

    private static RestingTorrent Failed(TorrentAtWork torrent, string reason) =>
        (torrent.Rested ?? new RestingTorrent(torrent.Row!)) with { Row = (torrent.Row ?? torrent.Rested!.Row) with { State = TorrentState.Failed, Reason = reason } };

    // Its actor was restarted while it went to rest, and begins anew: what was held is for it.
    private void OnIsBack(InfoHash torrent)
    {
        if (!_atWork.TryGetValue(torrent, out var back) || !back.IsLeaving) return;
        back.IsLeaving = false;
        back.CameLate = 0;
        foreach (var (message, sender) in back.Held) back.Actor.Tell(message, sender);
        back.Held.Clear();
    }

    private void Redeliver(InfoHash torrent, object message, IActorRef sender)
    {
        var isThere = _atWork.ContainsKey(torrent) || _resting.Contains(torrent);
        if (_drainer is null && isThere)
        {
            if (!_atWork.TryGetValue(torrent, out var target)) target = Wake(torrent);
            target.Actor.Tell(message, sender);
        }
        else if (message is TorrentActor.Incoming incoming)
        {
            incoming.Link.Close();
        }
        else
        {
            sender.Tell(isThere ? new Refused(torrent, "the node is stopping") : new Unknown(torrent));
        }
    }

    private void OnStopAll()
    {
        _drainer = Sender;
        _announcer.Tell(new RestingActor.SayGoodbye());
        foreach (var (hash, torrent) in _atWork) torrent.Actor.Tell(new TorrentActor.Stop(hash));
        TellIfAllStopped();
    }

    private void OnGoodbyesSaid()
    {
        _goodbyesSaid = true;
        TellIfAllStopped();
    }

    private void TellIfAllStopped()
    {
        if (_drainer is not null && _goodbyesSaid && _atWork.Count == 0) _drainer.Tell(new AllStopped());
    }

    /// <summary>A torrent with an actor of its own.</summary>
    private sealed class TorrentAtWork(IActorRef actor, string addedTo)
    {
        public IActorRef Actor { get; } = actor;

        /// <summary>The folder it was given; its row knows where it was moved since.</summary>
        public string AddedTo { get; } = addedTo;

        /// <summary>What is recorded of it, if that was to be taken up while it was being added by somebody else: to be taken up if the addition is refused. Null: nothing was.</summary>
        public TakenTorrent? Taken { get; set; }

        /// <summary>Its row as told last; null before it was acknowledged.</summary>
        public TorrentRow? Row { get; set; }

        /// <summary>What it was before it was woken or taken up, or null: it was added in this process.</summary>
        public RestingTorrent? Rested { get; set; }

        /// <summary>Its place among those that are idle, or null.</summary>
        public LinkedListNode<TorrentAtWork>? Idle { get; set; }

        /// <summary>Whether it is going to rest.</summary>
        public bool IsLeaving { get; set; }

        /// <summary>What came since then, with who sent it.</summary>
        public List<(object Message, IActorRef Sender)> Held { get; } = [];

        /// <summary>How many of them came late to the torrent itself: those are first.</summary>
        public int CameLate { get; set; }

        /// <summary>What it said before it ended, or null.</summary>
        public object? LastWord { get; set; }
    }
}
