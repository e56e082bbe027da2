using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Swarming;

namespace Swarm.Actors.Net;

/// <summary>
/// The node's TCP: listens, dials within a budget, and hands connections to torrents. Child of the node.
/// <para>
/// Incoming links go to an <see cref="IncomingActor"/> each until they have named their torrent; outgoing ones go to whoever asked. Dials wait in one queue in the order asked; the half-open limit and
/// the rate are <see cref="DialBudget"/>'s. A dial too many fails at once, so that its torrent tries later.
/// </para>
/// <para>
/// After a bug it goes on with its state (its parent resumes it): every dial taken is answered, also the one that brought the bug to light, and the reference to its bandwidth stays good.
/// </para>
/// </summary>
public sealed partial class NetActor : UntypedActor, IWithTimers
{
    private const string PaceKey = "pace";

    private readonly ImmutableArray<IPEndPoint> _listen;
    private readonly NetSettings _settings;
    private readonly ITcp _tcp;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DialBudget _budget;
    private readonly BanList _shunned;
    private readonly Queue<Dial> _waiting = new();
    private readonly Dictionary<long, Dial> _dialing = [];
    private readonly List<IPEndPoint> _local = [];
    private IActorRef _bandwidth = ActorRefs.Nobody;
    private IActorRef? _torrents;
    private int _listenersPending;
    private int _unidentified;
    private long _lastDial;

    private NetActor(ImmutableArray<IPEndPoint> listen, NetSettings settings, ITcp tcp, TimeProvider time, ILogger log)
    {
        _listen = listen;
        _settings = settings;
        _tcp = tcp;
        _time = time;
        _log = log;
        _budget = new DialBudget(settings.Dial, Now());
        _shunned = new BanList(settings.Shunned);
    }

    /// <summary>To the node: every listener stands. <paramref name="Local"/> has the real ports; links share bandwidth at <paramref name="Bandwidth"/>.</summary>
    public sealed record Started(ImmutableArray<IPEndPoint> Local, IActorRef Bandwidth);

    /// <summary>To the node: a listener does not; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record StartFailed(string Reason);

    /// <summary>From the node: connections that come in are for <paramref name="Torrents"/>.</summary>
    public sealed record Serve(IActorRef Torrents);

    /// <summary>From a torrent: connect. Answered with <see cref="Dialed"/> or <see cref="DialFailed"/> to <paramref name="ReplyTo"/>.</summary>
    public sealed record Dial(IPEndPoint Remote, IActorRef ReplyTo);

    /// <summary>The connection stands; the receiver owns the link.</summary>
    public sealed record Dialed(IPEndPoint Remote, IPeerLink Link);

    /// <summary>It does not.</summary>
    public sealed record DialFailed(IPEndPoint Remote, string Reason);

    /// <summary>Connect to these addresses no more, and take no connections from them, as long as is left of each ban. Connections that stand are their torrents' business.</summary>
    public sealed record Shun(ImmutableArray<Ban> Bans);

    /// <summary>These addresses are dealt with again, whatever is left of their bans, and by torrents that had banned them themselves.</summary>
    public sealed record Forgive(ImmutableArray<IPAddress> Addresses);

    private sealed record Pace
    {
        public static readonly Pace Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Listens at <paramref name="listen"/>, tells its parent <see cref="Started"/> or <see cref="StartFailed"/>.</summary>
    public static Props Props(ImmutableArray<IPEndPoint> listen, NetSettings settings, ITcp tcp, TimeProvider time, ILogger log) =>
        ActorProps.Create(() => new NetActor(listen, settings, tcp, time, log));

    // A link without its quota would stand still for ever, so the bandwidth keeps its members. What is half read of a connection cannot be resumed.
    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Sender.Equals(_bandwidth) ? Directive.Resume : Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _bandwidth = Context.ActorOf(BandwidthActor.Props(_settings, _time), "bandwidth");
        _listenersPending = _listen.Length;
        foreach (var endpoint in _listen) _tcp.Listen(endpoint, Self);
        if (_listen.IsEmpty) Context.Parent.Tell(new Started([], _bandwidth));
    }

    /// <inheritdoc/>
    protected override void PostStop() => _tcp.StopListening(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ITcp.Accepted accepted: OnAccepted(accepted.Link); break;
            case Dial dial: OnDial(dial); break;
            case ITcp.Connected connected: OnConnected(connected); break;
            case ITcp.ConnectFailed failed: OnConnectFailed(failed); break;
            case Pace: DialNext(); break;
            case Terminated: _unidentified--; break;
            case ITcp.Listening listening: OnListening(listening); break;
            case ITcp.ListenFailed failed: Context.Parent.Tell(new StartFailed(failed.Reason)); break;
            case Shun shun: OnShun(shun.Bans); break;
            case Forgive forgive: OnForgive(forgive.Addresses); break;
            case Serve serve: _torrents = serve.Torrents; break;
            default: Unhandled(message); break;
        }
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void OnListening(ITcp.Listening listening)
    {
        LogListening(_log, listening.Local);
        _local.Add(listening.Local);
        if (--_listenersPending == 0) Context.Parent.Tell(new Started([.. _local], _bandwidth));
    }

    private void OnShun(ImmutableArray<Ban> bans)
    {
        var news = _shunned.Merge(bans, Now());
        if (!news.IsEmpty) _torrents?.Tell(new TorrentsActor.Shun([.. news.Select(static ban => ban.Address)]));
    }

    private void OnForgive(ImmutableArray<IPAddress> addresses)
    {
        foreach (var address in addresses) _shunned.Lift(address);
        _torrents?.Tell(new TorrentsActor.Forgive(addresses));
    }

    private bool IsShunned(IPAddress address) => _shunned.Count > 0 && _shunned.IsBanned(address, Now());

    private void OnAccepted(IPeerLink link)
    {
        if (IsShunned(link.Remote.Address))
        {
            link.Close();
            return;
        }

        if (_torrents is null || _unidentified >= _settings.MaxUnidentified)
        {
            LogRefused(_log, link.Remote, _unidentified);
            link.Close();
            return;
        }

        Context.Watch(Context.ActorOf(IncomingActor.Props(link, _torrents, _settings.HandshakeTimeout, _log)));
        _unidentified++;
    }

    private void OnDial(Dial dial)
    {
        if (IsShunned(dial.Remote.Address))
        {
            dial.ReplyTo.Tell(new DialFailed(dial.Remote, "the cluster has banned this address"));
            return;
        }

        if (_waiting.Count >= _settings.MaxWaitingDials)
        {
            dial.ReplyTo.Tell(new DialFailed(dial.Remote, "too many connections are waiting to be made"));
            return;
        }

        _waiting.Enqueue(dial);
        DialNext();
    }

    private void DialNext()
    {
        while (_waiting.Count > 0 && _budget.TryBegin(Now()))
        {
            Begin(_waiting.Dequeue());
        }

        var wait = _budget.NextAt(Now()) - Now();
        if (_waiting.Count > 0 && wait > 0 && !Timers.IsTimerActive(PaceKey)) Timers.StartSingleTimer(PaceKey, Pace.Instance, TimeSpan.FromTicks(wait));
    }

    private void Begin(Dial dial)
    {
        var begun = false;
        _dialing.Add(++_lastDial, dial);
        try
        {
            _tcp.Connect(_lastDial, dial.Remote, BindFor(dial.Remote), _settings.ConnectTimeout, Self);
            begun = true;
        }
        finally
        {
            if (!begun) OnConnectFailed(new ITcp.ConnectFailed(_lastDial, dial.Remote, "it could not be begun"), goOn: false);
        }
    }

    private IPAddress? BindFor(IPEndPoint remote) => _settings.Bind?.AddressFamily == remote.AddressFamily ? _settings.Bind : null;

    private void OnConnected(ITcp.Connected connected)
    {
        _budget.Ended();
        if (_dialing.Remove(connected.Dial, out var dial)) dial.ReplyTo.Tell(new Dialed(dial.Remote, connected.Link));
        else connected.Link.Close();
        DialNext();
    }

    private void OnConnectFailed(ITcp.ConnectFailed failed, bool goOn = true)
    {
        _budget.Ended();
        if (_dialing.Remove(failed.Dial, out var dial)) dial.ReplyTo.Tell(new DialFailed(dial.Remote, failed.Reason));
        if (goOn) DialNext();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening for peers at {Local}")]
    private static partial void LogListening(ILogger log, IPEndPoint local);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Remote} is refused: {Unidentified} others have not named a torrent yet, or the node is starting")]
    private static partial void LogRefused(ILogger log, IPEndPoint remote, int unidentified);
}
