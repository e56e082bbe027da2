using System.Net;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.TestKit.Crypto;
using Swarm.TestKit.Memory;
using Swarm.TestKit.Web;

namespace Swarm.TestKit.World;

// The process: how it comes, what is heard of it, the three ways in which it goes.
public sealed partial class SimNode
{
    private IActorRef _node = ActorRefs.Nobody;
    private IActorRef _torrentsActor = ActorRefs.Nobody;
    private IActorRef _probe = ActorRefs.Nobody;

    /// <summary>Starts a process on the machine as it is, after a crash or a stop too; what the node was given is given to it.</summary>
    /// <exception cref="InvalidOperationException">One runs.</exception>
    public void Start()
    {
        if (State != NodeState.Down) throw new InvalidOperationException($"{Name} is {State}.");
        Lives++;
        StartedAt = World.Now;
        World.Note(Name, $"starts, life {Lives}");
        State = NodeState.Starting;
        HasLeft = false;
        BrokenReason = null;
        if (!Host.IsUp) Host.Restart();
        // What a disk that stood still has not done for the process before will not be done any more.
        Disk.Kill();
        Disk.Slabs = Slabs = new SlabLedger(World.Buffers);
        Http = new SimHttp(World.Web, Host.PublicAddresses);
        _errors.Clear();
        var logs = new SimLogs(() => World.Now, Name, World.History, _errors, World.Settings.LogLevel);
        var ports = new NodePorts(
            Host.Tcp(Slabs, Disk), Disk, Store.Open(Name), Http, Host.Udp, new SimDns(World.Web), new SimEntropy(World.Seeds.Fork($"entropy/{Name}/{Lives}")), Clock, logs, new SimSignatures())
        {
            Cluster = Settings.Cluster?.PortsOf(this),
        };
        System = ActorSystem.Create(Name, new ActorSystemSettings { Simulation = World.Simulation, TimeProvider = Clock, LoggerFactory = logs, MailboxCapacity = World.Settings.MailboxBound });
        var life = Lives;
        _probe = System.ActorOf(NodeProbe.Props(message => Hear(life, message)), "probe");
        System.EventStream.Subscribe(_probe, typeof(TorrentEvent));
        System.EventStream.Subscribe(_probe, typeof(NodeActor.Broken));
        foreach (var torrent in _torrents) torrent.Forget();
        var settings = new NodeSettings { Listen = [.. Host.Addresses.Select(address => new IPEndPoint(address, Settings.Port))], Net = Settings.Net, Torrent = Settings.Torrent, Dht = Settings.Dht, Cluster = Settings.Cluster?.SettingsOf(this) };
        _node = System.ActorOf(NodeActor.Props(ports, settings), "node");
        _node.Tell(new NodeActor.Start(), _probe);
        Limit(NodeState.Starting, "A node starts in time");
    }

    /// <summary>Tells the process to drain and to end: trackers told, pieces durable, state written, leases given back. It is <see cref="NodeState.Down"/> when that is done.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public void StopGracefully()
    {
        if (State != NodeState.Running) throw new InvalidOperationException($"{Name} is {State}.");
        World.Note(Name, "stops");
        State = NodeState.Stopping;
        _node.Tell(new NodeActor.Drain(), _probe);
        Limit(NodeState.Stopping, "A node stops in time");
    }

    /// <summary>The process drains and ends, and does not come back: the world neither starts it again nor waits for it. One that is only starting is killed.</summary>
    public void Leave()
    {
        HasLeft = true;
        if (State == NodeState.Running) StopGracefully();
        else if (State == NodeState.Starting) Kill();
    }

    /// <summary>The process dies at once, as by SIGKILL; the machine goes on: connections are reset, what was written is with the machine.</summary>
    public void Kill()
    {
        if (State == NodeState.Down) return;
        World.Note(Name, "is killed");
        IsFrozen = false;
        World.Simulation.Crash(System!);
        World.Network.ResetConnections((dialer, listener) => dialer == Host || listener == Host);
        Host.Crash();
        Host.Restart();
        Disk.Kill();
        Lose(withPower: false);
    }

    /// <summary>The power goes: nobody is told, and of what was written only that is sure to be there which had been forced to the disk. The machine stays off until <see cref="Start"/>.</summary>
    public void Crash()
    {
        World.Note(Name, "loses its power");
        IsFrozen = false;
        if (State != NodeState.Down) World.Simulation.Crash(System!);
        Host.Crash();
        Disk.Crash();
        Lose(withPower: true);
    }

    /// <summary>Starts again; kills the process first if one runs.</summary>
    public void Restart()
    {
        Kill();
        Start();
    }

    /// <summary>Asks for the status of every torrent.</summary>
    internal void Ask()
    {
        if (State != NodeState.Running) return;
        if (IsFrozen) return;
        foreach (var torrent in _torrents)
        {
            if (torrent.IsAdded) _torrentsActor.Tell(new TorrentActor.GetStatus(torrent.Content.Torrent), _probe);
        }
    }

    /// <summary>Asks something of a torrent of the process that runs, as its program would; the answer is noted and concerns nobody.</summary>
    public void Tell(TorrentsActor.ITorrentCommand command) => _torrentsActor.Tell(command, _probe);

    private void Lose(bool withPower)
    {
        if (State != NodeState.Down)
        {
            Http.Close();
            Store.Kill(Name);
            LeaveCluster();
        }

        State = NodeState.Down;
        // Its memory went with it; nobody can give it back any more.
        Disk.Slabs = Slabs = new SlabLedger();
        foreach (var torrent in _torrents) torrent.Options = torrent.Options with { TrustExisting = false, Recheck = false };
        foreach (var check in World.Checks) check.OnLost(this, withPower);
    }

    private void Limit(NodeState state, string promise)
    {
        var life = Lives;
        World.After(World.Settings.LifeLimit, () =>
        {
            if (Lives == life && State == state) World.Fail(promise, this, $"it is still {state} after {World.Settings.LifeLimit}");
        });
    }

    private void Give(SimTorrent torrent) => _torrentsActor.Tell(new TorrentsActor.Add(torrent.Source, torrent.Options), _probe);

    private void Hear(int life, object message)
    {
        if (life != Lives) return;
        switch (message)
        {
            case NodeActor.Started started: OnStarted(started); break;
            case NodeActor.StartFailed failed: World.Fail("A node starts in time", this, failed.Reason); break;
            case NodeActor.Broken broken: OnBroken(broken.Reason); break;
            case NodeActor.Drained: OnDrained(); break;
            case TorrentsActor.Restored restored: OnRestored(restored); break;
            case TorrentActor.Added added when Find(added.Torrent) is { } torrent: torrent.IsAdded = true; break;
            case TorrentActor.AddFailed failed when Find(failed.Torrent) is { } torrent:
                torrent.Refusal = failed.Reason;
                World.Note(Name, $"refuses {failed.Torrent}: {failed.Reason}");
                break;
            case TorrentStatus status when Find(status.Torrent) is { } torrent: OnStatus(torrent, status); break;
            case TorrentEvent happened: OnEvent(happened); break;
        }
    }

    private void OnStarted(NodeActor.Started started)
    {
        State = NodeState.Running;
        _torrentsActor = started.Torrents;
        Cluster = started.Cluster;
        Dht = started.Dht;
        foreach (var check in World.Checks) check.OnStarted(this);
        _flushesFailedBefore = Disk.Counters.FlushesFailed;
        if (Settings.TakesUp && Lives > 1) _torrentsActor.Tell(new TorrentsActor.Restore(), _probe);
        else foreach (var torrent in _torrents.Where(torrent => !torrent.IsPlaced)) Give(torrent);
    }

    private void OnRestored(TorrentsActor.Restored restored)
    {
        World.Note(Name, $"took up {restored.Torrents} torrents");
        foreach (var torrent in _torrents)
        {
            if (Store.RecordOf(torrent.Content.Torrent) is null) Give(torrent);
            else torrent.IsAdded = true;
        }
    }

    // A program whose node cannot go on ends with an error, without draining. Not from inside of its own actors' turn.
    private void OnBroken(string reason)
    {
        BrokenReason = reason;
        var life = Lives;
        World.After(TimeSpan.Zero, () =>
        {
            if (Lives == life) Kill();
        });
    }

    private void OnDrained()
    {
        var system = System!;
        _ = system.Terminate();
        _ = system.WhenTerminated.ContinueWith(_ => OnTerminated(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void OnTerminated()
    {
        World.Note(Name, "has stopped");
        State = NodeState.Down;
        Store.Close(Name);
        LeaveCluster();
        foreach (var torrent in _torrents) torrent.Options = torrent.Options with { TrustExisting = false, Recheck = false };
        foreach (var check in World.Checks) check.OnStopped(this);
        Host.Quit();
    }

    private void OnStatus(SimTorrent torrent, TorrentStatus status)
    {
        if (torrent.IsLeaving) return;
        foreach (var check in World.Checks) check.OnStatus(this, torrent, status);
        torrent.Status = status;
        // One that rests publishes nothing.
        if (torrent.State is null) torrent.State = status.State;
    }

    private void OnEvent(TorrentEvent happened)
    {
        World.Note(Name, happened);
        _events.Enqueue(happened);
        if (_events.Count > EventsKept) _events.Dequeue();
        if (Find(happened.Torrent) is not { } torrent) return;
        foreach (var check in World.Checks) check.OnEvent(this, torrent, happened);
        switch (happened)
        {
            case TorrentEvent.StateChanged changed:
                torrent.State = changed.State;
                torrent.Reason = changed.Reason;
                if (torrent.IsPlaced) FollowPlaced(torrent);
                break;
            case TorrentEvent.PiecesVerified verified:
                foreach (var piece in verified.Pieces) torrent.VerifiedNow.Add(piece);
                break;
        }
    }
}
