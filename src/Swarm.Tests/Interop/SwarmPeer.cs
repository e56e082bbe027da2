using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Protocol.Magnets;
using Swarm.Tests.EndToEnd;

namespace Swarm.Tests.Interop;

/// <summary>A whole Swarm node in this process, as one peer of a scenario. Its log goes to the test's output.</summary>
internal sealed class SwarmPeer : IAsyncDisposable
{
    private readonly SwarmNode _node;
    private readonly OutputLog _log;
    private readonly List<object> _seen = [];
    private bool _ended;

    private SwarmPeer(SwarmNode node, OutputLog log)
    {
        _node = node;
        _log = log;
    }

    /// <summary>Where it accepts connections.</summary>
    public IPEndPoint EndPoint => _node.Listen[0];

    /// <summary>A node at <paramref name="address"/>, or 127.0.0.1; it also calls out from there.</summary>
    public static async Task<SwarmPeer> StartAsync(Scenario scenario, IPAddress? address = null, string name = "swarm", DhtSettings? dht = null)
    {
        address ??= IPAddress.Loopback;
        var settings = new NodeSettings { Listen = [new IPEndPoint(address, 0)], Dht = dht };
        settings = settings with { Net = settings.Net with { Bind = address } };
        var log = new OutputLog($"{name} at {address}");
        return scenario.Own(new SwarmPeer(await SwarmNode.StartAsync(scenario.Folder($"{name}-data"), settings, log), log));
    }

    /// <summary>Runs a command of the DHT to its end, which must be a <typeparamref name="T"/>.</summary>
    public async Task<T> DhtAsync<T>(object command) => (await _node.RunAsync(_node.Dht[0], command, streamed: null, CancellationToken.None)).ShouldBeAssignableTo<T>()!;

    public Task SeedAsync(TestContent content, IEnumerable<IPEndPoint>? peers = null, string? tracker = null, long uploadLimit = 0) =>
        _node.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), Options(content.SeedFolder, peers, tracker) with { SeedOnly = true, UploadLimit = uploadLimit });

    public Task GetAsync(TestContent content, string folder, IEnumerable<IPEndPoint>? peers = null, string? tracker = null) =>
        _node.AddAsync(TorrentSource.FromFile(content.Metainfo, content.File), Options(folder, peers, tracker));

    public Task GetByMagnetAsync(TestContent content, string folder, IEnumerable<IPEndPoint>? peers = null, string? tracker = null)
    {
        MagnetLink.TryParse(Share.Magnet(content, tracker).Text, out var link, out var error).ShouldBeTrue(error);
        return _node.AddAsync(TorrentSource.FromMagnet(link!), Options(folder, peers, null));
    }

    /// <summary>It has all of <paramref name="content"/>, equal to the original below <paramref name="folder"/>, or serves it.</summary>
    public async Task CompleteAsync(TestContent content, string folder)
    {
        await UntilAsync(content, happened => happened is TorrentEvent.StateChanged { State: TorrentState.Seeding }, "everything is there");
        content.ShouldBeIn(folder);
    }

    public Task ConnectedAsync(TestContent content) => UntilAsync(content, happened => happened is TorrentEvent.PeerConnected, "a connection");

    /// <summary>An event of this torrent that <paramref name="matches"/> has come, before or now.</summary>
    public async Task<TorrentEvent> UntilAsync(TestContent content, Func<TorrentEvent, bool> matches, string what)
    {
        foreach (var seen in _seen.OfType<TorrentEvent>())
        {
            if (seen.Torrent == content.Metainfo.WireHash && matches(seen)) return seen;
        }

        using var patience = new CancellationTokenSource(Scenario.Patience);
        try
        {
            await foreach (var happened in _node.Events.ReadAllAsync(patience.Token))
            {
                _seen.Add(happened);
                _log.Write(happened.ToString()!);
                if (happened is not TorrentEvent mine || mine.Torrent != content.Metainfo.WireHash) continue;
                if (matches(mine)) return mine;
                if (mine is TorrentEvent.StateChanged { State: TorrentState.Failed } failed) throw new InvalidOperationException(failed.Reason);
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"not within {Scenario.Patience.TotalSeconds} s: {what}; {await StatusAsync(content)}", late);
        }

        throw new InvalidOperationException("the node has ended");
    }

    /// <summary>So many pieces came and were verified.</summary>
    public Task VerifiedAsync(TestContent content, int pieces) =>
        UntilAsync(content, happened => happened is TorrentEvent.PiecesVerified verified && (pieces -= verified.Pieces.Length) <= 0, "enough pieces");

    /// <summary>How often a connection of this torrent finished its handshake so far.</summary>
    public int ConnectionsOf(TestContent content)
    {
        while (_node.Events.TryRead(out var happened)) _seen.Add(happened);
        return _seen.Count(happened => happened is TorrentEvent.PeerConnected connected && connected.Torrent == content.Metainfo.WireHash);
    }

    public async Task<TorrentStatus> StatusAsync(TestContent content) => (await _node.StatusAsync(content.Metainfo.WireHash)).ShouldNotBeNull();

    /// <summary>Everything could be written down when it ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        var drained = await _node.StopAsync();
        _log.Dispose();
        drained.ShouldBeTrue("the node did not drain");
    }

    private static TorrentOptions Options(string folder, IEnumerable<IPEndPoint>? peers, string? tracker) =>
        new() { Folder = folder, Peers = [.. peers ?? []], Trackers = tracker is null ? [] : [tracker] };
}
