using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Protocol.Trackers;
using Swarm.TestKit.Net;
using Swarm.TestKit.Web;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Peers;

/// <summary>
/// A tracker on a host of the simulated network: HTTP (BEP 3, 7, 23, 48) through the <see cref="SimWeb"/>, UDP (BEP 15) by datagrams, both over one set of swarms. It keeps real books, and answers as its
/// settings want it to: slowly, wrongly, not at all. What it was told is taken down whatever it answers.
/// </summary>
public sealed class FakeTracker
{
    /// <summary>The port of both.</summary>
    public const int Port = 6969;

    private const int ConnectionLifetimeSeconds = 120;
    private const int GarbageBytes = 300;

    private readonly SimWeb _web;
    private readonly SimHost _host;
    private readonly Random _random;
    private readonly ulong _secret;
    private readonly SortedDictionary<InfoHash, TrackedSwarm> _swarms = [];

    /// <summary>A tracker by the name of its host, which it also gives an address on the web.</summary>
    public FakeTracker(SimWeb web, SimHost host, Random random, FakeTrackerSettings? settings = null)
    {
        _web = web;
        _host = host;
        _random = random;
        _secret = (ulong)random.NextInt64();
        Settings = settings ?? FakeTrackerSettings.Default;
        web.Name(Name, host.PublicAddresses);
        web.Serve(Authority, Serve);
        _host.BindUdp(Port, OnDatagram);
    }

    /// <summary>May be replaced at any time.</summary>
    public FakeTrackerSettings Settings { get; set; }

    /// <summary>The name of its host.</summary>
    public string Name => _host.Name + ".sim";

    /// <summary>Its announce URL by HTTP.</summary>
    public string Http => $"http://{Authority}/announce";

    /// <summary>Its announce URL by UDP.</summary>
    public string Udp => $"udp://{Authority}/announce";

    /// <summary>Whether it runs. One that does not refuses connections and loses datagrams, and keeps its books.</summary>
    public bool IsUp
    {
        get;
        set
        {
            field = value;
            _web.SetDown(Authority, !value);
        }
    } = true;

    /// <summary>Announces taken down, ever.</summary>
    public long Announces { get; private set; }

    private string Authority => $"{Name}:{Port}";

    private TimeSpan Now => _web.Simulation.Elapsed;

    /// <summary>Where the members of a swarm say that they listen, in the order of their coming.</summary>
    public ImmutableArray<IPEndPoint> Members(InfoHash torrent) => _swarms.TryGetValue(torrent, out var swarm) ? [.. swarm.Members] : [];

    /// <summary>Where the members of a swarm say that they listen, and when each announced last.</summary>
    public ImmutableArray<(IPEndPoint Address, TimeSpan At)> Seen(InfoHash torrent) => _swarms.TryGetValue(torrent, out var swarm) ? [.. swarm.Seen] : [];

    /// <summary>Members of a swarm that have everything, the others, and how often it was said that one has become complete.</summary>
    public (int Seeders, int Leechers, int Completed) Count(InfoHash torrent) =>
        _swarms.TryGetValue(torrent, out var swarm) ? (swarm.Seeders, swarm.Leechers, swarm.Completed) : (0, 0, 0);

    private WebReply Serve(WebGet request)
    {
        var reply = request.Target.StartsWith("/announce", StringComparison.Ordinal) ? OnAnnounce(request)
            : request.Target.StartsWith("/scrape", StringComparison.Ordinal) ? WebReply.Ok(TrackerReplies.HttpScrape(request.Values("info_hash").Where(hash => hash.Length == Bytes20.Size).Select(hash => Describe(HashOf(hash)))))
            : WebReply.NotFound;
        var answer = Settings.Mood switch
        {
            TrackerMood.Silent => WebReply.Silence,
            TrackerMood.Garbage => WebReply.Ok(Garbage()),
            TrackerMood.Refusing => WebReply.Ok(TrackerReplies.HttpFailure("this tracker is not in the mood")),
            TrackerMood.Failing => new WebReply(503, []),
            _ => reply,
        };
        return answer with { Delay = Settings.Delay };
    }

    private WebReply OnAnnounce(WebGet request)
    {
        if (request.Values("info_hash").FirstOrDefault() is not { Length: Bytes20.Size } hash || Number(request, "port") is not { } port || port is < 1 or > ushort.MaxValue)
        {
            return WebReply.Ok(TrackerReplies.HttpFailure("the announce is malformed"));
        }

        var @event = request.Values("event").FirstOrDefault() switch
        {
            "started" => AnnounceEvent.Started,
            "completed" => AnnounceEvent.Completed,
            "stopped" => AnnounceEvent.Stopped,
            _ => AnnounceEvent.None,
        };
        var asker = new IPEndPoint(request.From, (int)port);
        Announce(HashOf(hash), asker, Number(request, "left") ?? 1, @event);
        return WebReply.Ok(TrackerReplies.Http(Answer(HashOf(hash), asker, [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6], Number(request, "numwant"))));
    }

    private void OnDatagram(IPEndPoint from, ReadOnlyMemory<byte> datagram)
    {
        if (!IsUp || UdpTrackerRequest.Read(datagram.Span, from.AddressFamily) is not { } request) return;
        var reply = request is not UdpTrackerRequest.Connect && !IsConnection(from, request.ConnectionId)
            ? TrackerReplies.UdpError(request.TransactionId, "the connection id is not known")
            : Reply(from, request);
        switch (Settings.Mood)
        {
            case TrackerMood.Silent or TrackerMood.Failing: return;
            case TrackerMood.Garbage: reply = Garbage(); break;
            case TrackerMood.Refusing when request is not UdpTrackerRequest.Connect: reply = TrackerReplies.UdpError(request.TransactionId, "this tracker is not in the mood"); break;
        }

        _web.Simulation.Schedule(Settings.Delay, () => _host.SendUdp(Port, from, reply));
    }

    private byte[] Reply(IPEndPoint from, UdpTrackerRequest request)
    {
        switch (request)
        {
            case UdpTrackerRequest.Announce { Request: var announce }:
                var asker = new IPEndPoint(from.Address, announce.Port);
                Announce(announce.InfoHash, asker, announce.LeftOnTheWire, announce.Event);
                return TrackerReplies.UdpAnnounce(request.TransactionId, Answer(announce.InfoHash, asker, [from.AddressFamily], announce.NumWantOnTheWire), from.AddressFamily);
            case UdpTrackerRequest.Scrape scrape:
                return TrackerReplies.UdpScrape(request.TransactionId, [.. scrape.InfoHashes.Select(hash => Describe(hash).Answer)]);
            default:
                return TrackerReplies.UdpConnect(request.TransactionId, ConnectionOf(from, Epoch));
        }
    }

    private long Epoch => (long)Now.TotalSeconds / ConnectionLifetimeSeconds;

    // Connection ids need no memory: each follows from the client's address, the time and a secret (BEP 15).
    private ulong ConnectionOf(IPEndPoint client, long epoch) => SeedTree.Mix(SeedTree.Mix(SeedTree.HashOf(client.ToString()), _secret), (ulong)epoch);

    private bool IsConnection(IPEndPoint client, ulong connection) => connection == ConnectionOf(client, Epoch) || connection == ConnectionOf(client, Epoch - 1);

    private void Announce(InfoHash torrent, IPEndPoint asker, long left, AnnounceEvent @event)
    {
        Announces++;
        if (!_swarms.TryGetValue(torrent, out var swarm)) _swarms.Add(torrent, swarm = new TrackedSwarm());
        swarm.Expire(Now, (Settings.Interval * 2) + FakeTrackerSettings.Patience);
        swarm.Announce(asker, left, @event, Now);
    }

    private TrackerAnswer Answer(InfoHash torrent, IPEndPoint asker, ReadOnlySpan<AddressFamily> families, long? numWant)
    {
        var (_, truth) = Describe(torrent);
        var count = (int)Math.Min(numWant is >= 0 and var wanted ? wanted : Settings.MaxPeers, Settings.MaxPeers);
        var peers = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var family in families)
        {
            if (Settings.Mood == TrackerMood.Honest) peers.AddRange(_swarms[torrent].Pick(asker, family, count, _random));
            if (Settings.Mood == TrackerMood.WrongPeers && family == AddressFamily.InterNetwork) peers.AddRange(Enumerable.Range(0, count).Select(_ => Nowhere()));
        }

        return truth with { Peers = peers.ToImmutable() };
    }

    private (InfoHash Torrent, TrackerAnswer Answer) Describe(InfoHash torrent)
    {
        var (seeders, leechers, completed) = Settings.Mood == TrackerMood.Empty ? (0, 0, 0) : Count(torrent);
        return (torrent, new TrackerAnswer(Settings.Interval, seeders, leechers, completed, []));
    }

    private IPEndPoint Nowhere() => new(new IPAddress([198, 51, 100, (byte)_random.Next(1, 255)]), _random.Next(1, ushort.MaxValue));

    private byte[] Garbage()
    {
        var bytes = new byte[_random.Next(GarbageBytes)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static InfoHash HashOf(string text) => new(Encoding.Latin1.GetBytes(text));

    private static long? Number(WebGet request, string name) =>
        long.TryParse(request.Values(name).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
