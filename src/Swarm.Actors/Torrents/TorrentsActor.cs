using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;

namespace Swarm.Actors.Torrents;

/// <summary>
/// All torrents of the node, by hash. Child of the node. Adds and stops them, routes incoming connections and questions.
/// A torrent that fails by a bug is restarted and begins anew from the store; if it keeps failing it is stopped, and its lease ends with the process.
/// After a bug of its own it goes on with its state (its parent resumes it), for a restart would stop the torrents.
/// </summary>
public sealed partial class TorrentsActor : UntypedActor
{
    private readonly TorrentServices _services;
    private readonly SortedDictionary<InfoHash, IActorRef> _torrents = [];
    private readonly Dictionary<IActorRef, InfoHash> _byActor = [];
    private IActorRef? _drainer;
    private int _lastScope;

    private TorrentsActor(TorrentServices services) => _services = services;

    /// <summary>Adds a torrent and runs it. Answered with <see cref="TorrentActor.Added"/> or <see cref="TorrentActor.AddFailed"/>.</summary>
    public sealed record Add(TorrentSource Source, TorrentOptions Options);

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

    /// <summary>A supervisor of torrents.</summary>
    public static Props Props(TorrentServices services) => ActorProps.Create(() => new TorrentsActor(services));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(5, TimeSpan.FromMinutes(1), failure => failure is ActorInitializationException ? Directive.Stop : Directive.Restart);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Incoming incoming: OnIncoming(incoming); break;
            case TorrentActor.GetStatus get: Pass(get.Torrent, get); break;
            case Add add: OnAdd(add); break;
            case TorrentActor.Stop stop: Pass(stop.Torrent, stop); break;
            case FindByContent find: Context.ActorOf(ContentFinderActor.Props(_services.Store, find.ContentPath, Sender, _services.Settings.Metainfo)); break;
            case StopAll: OnStopAll(); break;
            case TorrentActor.Stopped: break;
            case Terminated terminated: OnTerminated(terminated.ActorRef); break;
            default: Unhandled(message); break;
        }
    }

    private void OnIncoming(Incoming incoming)
    {
        if (_torrents.TryGetValue(incoming.Torrent, out var torrent)) torrent.Tell(new TorrentActor.Incoming(incoming.Link, incoming.Head));
        else incoming.Link.Close();
    }

    private void OnAdd(Add add)
    {
        var torrent = add.Source.Torrent;
        if (_drainer is not null) Sender.Tell(new TorrentActor.AddFailed(torrent, "the node is stopping"));
        else if (_torrents.ContainsKey(torrent)) Sender.Tell(new TorrentActor.AddFailed(torrent, "the torrent is already there"));
        else if (_torrents.Count >= _services.Settings.MaxTorrents) Sender.Tell(new TorrentActor.AddFailed(torrent, $"the node runs {_torrents.Count} torrents, which is its limit"));
        else Run(add);
    }

    private void Run(Add add)
    {
        var actor = Context.ActorOf(TorrentActor.Props(add.Source, add.Options, _services, new BandwidthScope(++_lastScope), Sender), $"torrent-{add.Source.Torrent}");
        _torrents.Add(add.Source.Torrent, actor);
        _byActor.Add(actor, add.Source.Torrent);
        Context.Watch(actor);
    }

    private void Pass(InfoHash torrent, object message)
    {
        if (_torrents.TryGetValue(torrent, out var actor)) actor.Forward(message);
        else Sender.Tell(new Unknown(torrent));
    }

    private void OnStopAll()
    {
        _drainer = Sender;
        foreach (var (hash, torrent) in _torrents) torrent.Tell(new TorrentActor.Stop(hash));
        TellIfAllStopped();
    }

    private void OnTerminated(IActorRef actor)
    {
        if (!_byActor.Remove(actor, out var torrent)) return;
        _torrents.Remove(torrent);
        TellIfAllStopped();
    }

    private void TellIfAllStopped()
    {
        if (_drainer is not null && _torrents.Count == 0) _drainer.Tell(new AllStopped());
    }
}
