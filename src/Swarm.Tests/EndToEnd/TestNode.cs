using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Io.Crypto;
using Swarm.Io.Disk;
using Swarm.Io.Dns;
using Swarm.Io.Http;
using Swarm.Io.Net;
using Swarm.Io.Store;
using Swarm.Protocol.Magnets;

namespace Swarm.Tests.EndToEnd;

/// <summary>A node over real sockets, files and a real store, whose ports the test can look into, and which can crash.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ActorSystem _system;
    private readonly IActorRef _node;
    private readonly ImmutableArray<IDisposable> _io;
    private readonly EventLog _events;
    private IActorRef _torrents = ActorRefs.Nobody;
    private bool _ended;

    private TestNode(ActorSystem system, IActorRef node, EventLog events, Tcp tcp, DiskEngine disk, ImmutableArray<IDisposable> io)
    {
        _system = system;
        _node = node;
        _events = events;
        Tcp = tcp;
        Disk = disk;
        _io = io;
    }

    public Tcp Tcp { get; }

    public DiskEngine Disk { get; }

    public IPEndPoint Listen { get; private set; } = null!;

    public EventLog Events => _events;

    public static async Task<TestNode> StartAsync(string dataFolder, IPAddress? address = null, TorrentSettings? torrent = null, Swarm.Actors.Net.NetSettings? net = null)
    {
        var store = SqliteStore.Open(dataFolder, SqliteStoreSettings.Default, NullLogger.Instance, out var error).ShouldNotBeNull(error);
        var disk = new DiskEngine(DiskSettings.Default, RentSlab);
        var tcp = new Tcp(NetSettings.Default, (IDisk)disk);
        var udp = new Udp(NetSettings.Default);
        var http = new HttpPort(HttpPortSettings.Default, NullLogger.Instance);
        var ports = new NodePorts(tcp, disk, store, http, udp, new DnsPort(DnsPortSettings.Default), new Entropy(), TimeProvider.System, NullLoggerFactory.Instance, new ItemSignatures());
        var system = ActorSystem.Create("swarm", ActorSystemSettings.Default);
        var events = new EventLog();
        var listener = system.ActorOf(Props.Create(() => new EventsActor(events)), "events");
        system.EventStream.Subscribe(listener, typeof(TorrentEvent));
        var settings = new NodeSettings { Listen = [new IPEndPoint(address ?? IPAddress.Loopback, 0)], Torrent = torrent ?? TorrentSettings.Default, Net = net ?? Swarm.Actors.Net.NetSettings.Default };
        var node = new TestNode(system, system.ActorOf(NodeActor.Props(ports, settings), "node"), events, tcp, disk, [tcp, udp, http, disk, store]);
        var started = (await node._node.Ask<object>(new NodeActor.Start(), Patience)).ShouldBeOfType<NodeActor.Started>();
        node.Listen = started.Listen[0];
        node._torrents = started.Torrents;
        return node;
    }

    public Task AddAsync(TestContent content, string folder, params ImmutableArray<IPEndPoint> peers) => AddAsync(content, new TorrentOptions { Folder = folder, Peers = peers });

    public Task AddAsync(TestContent content, TorrentOptions options) => AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), options);

    public async Task AddMagnetAsync(TestContent content, TorrentOptions options)
    {
        MagnetLink.TryParse($"magnet:?xt=urn:btih:{content.Metainfo.WireHash}", out var link, out var error).ShouldBeTrue(error);
        await AddAsync(TorrentSource.FromMagnet(link), options);
    }

    public async Task<TorrentStatus> StatusAsync(TestContent content) =>
        (await _torrents.Ask<object>(new TorrentActor.GetStatus(content.Metainfo.WireHash), Patience)).ShouldBeOfType<TorrentStatus>();

    /// <summary>Waits until the torrent has everything it wants; fails if it fails.</summary>
    public async Task FinishedAsync(TestContent content)
    {
        var end = await _events.WaitAsync(happened => happened is TorrentEvent.StateChanged { State: TorrentState.Seeding or TorrentState.Failed } changed && changed.Torrent == content.Metainfo.WireHash);
        end.ShouldBeOfType<TorrentEvent.StateChanged>().State.ShouldBe(TorrentState.Seeding, ((TorrentEvent.StateChanged)end).Reason);
    }

    public async Task<string> FailedAsync(TestContent content)
    {
        var end = await _events.WaitAsync(happened => happened is TorrentEvent.StateChanged { State: TorrentState.Seeding or TorrentState.Failed } changed && changed.Torrent == content.Metainfo.WireHash);
        end.ShouldBeOfType<TorrentEvent.StateChanged>().State.ShouldBe(TorrentState.Failed);
        return ((TorrentEvent.StateChanged)end).Reason.ShouldNotBeNull();
    }

    /// <summary>Waits until so many pieces came in and held.</summary>
    public Task VerifiedAsync(int pieces) => _events.WaitAsync(_ => _events.Verified >= pieces);

    /// <summary>Drains, ends, and demands that no buffer and no connection is left.</summary>
    public async Task StopAsync()
    {
        await _node.Ask<NodeActor.Drained>(new NodeActor.Drain(), Patience);
        await EndAsync();
        Tcp.OpenLinks.ShouldBe(0);
        Tcp.Slabs.Outstanding.ShouldBe(0);
    }

    /// <summary>Ends without a word to anybody: what is in memory is lost.</summary>
    public Task CrashAsync() => EndAsync();

    public async ValueTask DisposeAsync() => await EndAsync();

    private async Task AddAsync(TorrentSource source, TorrentOptions options) =>
        (await _torrents.Ask<object>(new TorrentsActor.Add(source, options), Patience)).ShouldBeOfType<TorrentActor.Added>();

    private async Task EndAsync()
    {
        if (_ended) return;
        _ended = true;
        await _system.Terminate();
        foreach (var io in _io) io.Dispose();
    }

    private static Slab RentSlab(int size)
    {
        var slab = new Slab(new byte[size], static _ => { });
        slab.Rent();
        return slab;
    }

    private sealed class Entropy : IEntropy
    {
        public Random CreateRandom() => new();
    }

    private sealed class EventsActor(EventLog log) : UntypedActor
    {
        protected override void OnReceive(object message) => log.Add((TorrentEvent)message);
    }
}

/// <summary>What has happened, and who waits for what.</summary>
internal sealed class EventLog
{
    private readonly Lock _gate = new();
    private readonly List<TorrentEvent> _all = [];
    private readonly List<(Func<TorrentEvent, bool> Condition, TaskCompletionSource<TorrentEvent> Waiter)> _waiters = [];

    public ImmutableArray<TorrentEvent> All
    {
        get
        {
            lock (_gate) return [.. _all];
        }
    }

    public int Verified { get; private set; }

    public void Add(TorrentEvent happened)
    {
        lock (_gate)
        {
            _all.Add(happened);
            if (happened is TorrentEvent.PiecesVerified verified) Verified += verified.Pieces.Length;
            foreach (var (_, waiter) in _waiters.Where(entry => entry.Condition(happened))) waiter.TrySetResult(happened);
        }
    }

    /// <summary>The first event, past or to come, that fulfils the condition.</summary>
    public Task<TorrentEvent> WaitAsync(Func<TorrentEvent, bool> condition)
    {
        lock (_gate)
        {
            if (_all.FirstOrDefault(condition) is { } happened) return Task.FromResult(happened);
            var waiter = new TaskCompletionSource<TorrentEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((condition, waiter));
            return waiter.Task.WaitAsync(TestNode.Patience);
        }
    }
}
