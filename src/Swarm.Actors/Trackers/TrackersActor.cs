using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>
/// The announce client of the whole node (<c>/user/node/trackers</c>): carries announces and scrapes to HTTP and UDP trackers and their answers back.
///
/// Owns: the queues before the trackers, the UDP sockets and conversations, what names resolved to. Called by the announcers of all torrents; knows no torrent.
/// Which tracker is told what and when is decided there (<see cref="AnnounceTiers"/>).
///
/// Always holds: every <see cref="Announce"/> and <see cref="Scrape"/> is answered: with a success for each address family that succeeded (one for a scrape), or else with one failure.
/// No more requests are under way to a tracker than its places; queues are bounded, and what does not fit is refused at once and counted.
///
/// What can fail: names, sockets, trackers; all of that is a failure message. If this actor itself fails, it tells all requesters so and begins anew.
/// </summary>
public sealed partial class TrackersActor : UntypedActor, IWithTimers
{
    private readonly IHttp _http;
    private readonly IDns _dns;
    private readonly TrackersSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly long _startedAt;
    private readonly TrackerHosts _hosts;
    private readonly UdpTrackers _udp;
    private readonly TrackerLanes<TrackerJob> _lanes;

    // Sorted, because goodbyes at the end go out in their order.
    private readonly SortedDictionary<long, TrackerJob> _jobs = [];
    private readonly Dictionary<long, Exchange> _exchanges = [];
    private readonly Dictionary<string, List<TrackerJob>> _resolving = new(StringComparer.Ordinal);
    private long _lastNumber;
    private long _rejected;

    private TrackersActor(IHttp http, IUdp udp, IDns dns, TrackersSettings settings, TimeProvider time, Random random, ILogger log)
    {
        _http = http;
        _dns = dns;
        _settings = settings;
        _time = time;
        _log = log;
        _startedAt = time.GetTimestamp();
        // Answers to what a former incarnation asked for may still come: they must not fit.
        _lastNumber = random.NextInt64(long.MaxValue / 2);
        _hosts = new TrackerHosts(settings);
        _udp = new UdpTrackers(udp, Self, settings, random);
        _lanes = new TrackerLanes<TrackerJob>(settings.MaxConcurrentPerTracker, settings.MaxQueuedPerTracker);
    }

    /// <summary>Announce to a tracker, over every address family it has. Answered to the sender by <see cref="Announced"/> or <see cref="AnnounceFailed"/>.</summary>
    /// <param name="Id">Comes back with the answers; the sender's own number.</param>
    /// <param name="Url">The tracker.</param>
    /// <param name="Request">What to say; its family is set here.</param>
    public sealed record Announce(long Id, TrackerUrl Url, AnnounceRequest Request);

    /// <summary>A tracker answered over one family. For one <see cref="Announce"/> there may be one for each family.</summary>
    public sealed record Announced(long Id, TrackerUrl Url, AddressFamily Family, AnnounceReply Reply);

    /// <summary>An announce succeeded over no family.</summary>
    public sealed record AnnounceFailed(long Id, TrackerUrl Url, TrackerFailure Failure);

    /// <summary>Ask a tracker for the numbers of 1 to 64 torrents. Answered to the sender by <see cref="Scraped"/> or <see cref="ScrapeFailed"/>.</summary>
    public sealed record Scrape(long Id, TrackerUrl Url, ImmutableArray<InfoHash> InfoHashes)
    {
        /// <summary>The torrents, 1 to <see cref="HttpTrackerCodec.MaxScrapeHashes"/>.</summary>
        public ImmutableArray<InfoHash> InfoHashes { get; } = InfoHashes.Length is > 0 and <= HttpTrackerCodec.MaxScrapeHashes
            ? InfoHashes
            : throw new ArgumentOutOfRangeException(nameof(InfoHashes), InfoHashes.Length, $"A scrape asks about 1 to {HttpTrackerCodec.MaxScrapeHashes} torrents.");
    }

    /// <summary>A tracker's numbers; it may have left torrents out.</summary>
    public sealed record Scraped(long Id, TrackerUrl Url, ImmutableArray<ScrapeEntry> Entries);

    /// <summary>A scrape came to nothing.</summary>
    public sealed record ScrapeFailed(long Id, TrackerUrl Url, TrackerFailure Failure);

    /// <summary>Asks for <see cref="Counters"/>.</summary>
    public sealed record GetCounters;

    /// <summary>What the client has to do, and what it could not.</summary>
    /// <param name="Requests">Queued or under way.</param>
    /// <param name="Exchanges">Under way, each family for itself.</param>
    /// <param name="Rejected">Refused for want of room, so far.</param>
    /// <param name="IgnoredDatagrams">UDP datagrams that answered nothing, so far.</param>
    /// <param name="UnsentDatagrams">UDP datagrams the operating system did not take, so far.</param>
    public sealed record Counters(int Requests, int Exchanges, long Rejected, long IgnoredDatagrams, long UnsentDatagrams);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_startedAt);

    /// <summary>How to make it.</summary>
    public static Props Props(IHttp http, IUdp udp, IDns dns, TrackersSettings settings, TimeProvider time, Random random, ILogger log) =>
        ActorProps.Create(() => new TrackersActor(http, udp, dns, settings, time, random, log));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Announce announce: Admit(new AnnounceJob(++_lastNumber, announce, Sender)); break;
            case Scrape scrape: Admit(new ScrapeJob(++_lastNumber, scrape, Sender)); break;
            case IDns.Resolved resolved: OnResolved(resolved.Host, _hosts.Resolved(resolved.Host, resolved.Addresses, Now)); break;
            case IDns.Failed failed: OnResolved(failed.Host, _hosts.Failed(failed.Host, failed.Reason, Now)); break;
            case IHttp.Replied replied: OnReplied(replied); break;
            case IHttp.Failed failed: EndWithFailure(failed.Id, new TrackerFailure(TrackerFailureKind.Unreachable, failed.Reason)); break;
            case IUdp.Received received: OnDatagrams(received.Batch); break;
            case IUdp.Opened opened: _udp.Opened(opened); break;
            case IUdp.OpenFailed failed: OnOpenFailed(failed); break;
            case UdpTick: _udp.Tick(Now); break;
            case GetCounters: Sender.Tell(Count(), Self); break;
            default: Unhandled(message); break;
        }

        Settle();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _udp.Close();
        foreach (var id in _exchanges.Keys.Order()) _http.Cancel(id);
        foreach (var job in _jobs.Values) job.End(Self);
    }

    private void Admit(TrackerJob job)
    {
        if (_jobs.Count < _settings.MaxRequests && _lanes.TryAdd(job.Url.Origin, job))
        {
            _jobs.Add(job.Number, job);
            return;
        }

        _rejected++;
        LogRejected(job.Url.Origin, _rejected);
        job.Note(new TrackerFailure(TrackerFailureKind.Overloaded, "Too many requests wait for this tracker."), AddressFamily.Unspecified);
        job.End(Self);
    }

    /// <summary>After every message: results out, the next requests in, the timer set.</summary>
    private void Settle()
    {
        bool moved;
        do
        {
            moved = false;
            for (; _udp.TryTakeResult(out var result); moved = true) OnUdpResult(result);
            for (; _lanes.TryStart(out var job); moved = true) Resolve(job);
        }
        while (moved);

        if (_udp.NextWakeUp is { } next) Timers.StartSingleTimer(UdpTick.Instance, UdpTick.Instance, Later(next - Now));
        else Timers.Cancel(UdpTick.Instance);
    }

    private static TimeSpan Later(TimeSpan delay) => delay > TimeSpan.Zero ? delay : TimeSpan.Zero;

    private void Resolve(TrackerJob job)
    {
        var host = job.Url.Host;
        if (_hosts.Find(host, Now) is { } resolution) Begin(job, resolution);
        else if (_resolving.TryGetValue(host, out var waiting)) waiting.Add(job);
        else
        {
            _resolving.Add(host, [job]);
            _dns.Resolve(++_lastNumber, host, Self);
        }
    }

    private void OnResolved(string host, TrackerHosts.Resolution resolution)
    {
        if (!_resolving.Remove(host, out var waiting)) return;
        foreach (var job in waiting) Begin(job, resolution);
    }

    private void Begin(TrackerJob job, TrackerHosts.Resolution resolution)
    {
        var addresses = _hosts.Choose(job.Url.Host, resolution.Addresses, Now);
        if (addresses.IsEmpty)
        {
            var reason = resolution.Addresses.IsEmpty ? resolution.Reason : "The host has no address of a family that this node uses.";
            job.Note(new TrackerFailure(TrackerFailureKind.NameNotResolved, reason), AddressFamily.Unspecified);
            Finish(job);
            return;
        }

        // A scrape asks the same question over either family; an announce is told to both (BEP 7).
        if (job is ScrapeJob) addresses = addresses[..1];
        job.Outstanding = addresses.Length;
        foreach (var address in addresses) BeginExchange(new Exchange(++_lastNumber, job, address.AddressFamily), address);
    }

    private void BeginExchange(Exchange exchange, IPAddress address)
    {
        _exchanges.Add(exchange.Id, exchange);
        LogBegin(exchange.Job.Url.Origin, exchange.Family);
        if (exchange.Job.Url.Scheme != TrackerScheme.Udp) BeginHttp(exchange);
        else if (!TryBeginUdp(exchange, new UdpAddress(new IPEndPoint(address, exchange.Job.Url.Port))))
            EndWithFailure(exchange.Id, new TrackerFailure(TrackerFailureKind.Overloaded, "Too many UDP requests are under way."));
    }

    private void BeginHttp(Exchange exchange)
    {
        var url = exchange.Job switch
        {
            AnnounceJob announce => HttpTrackerCodec.AnnounceUrl(announce.Url, announce.Request),
            ScrapeJob scrape => HttpTrackerCodec.ScrapeUrl(scrape.Url, scrape.InfoHashes),
            _ => null,
        };
        // The bytes of path and query are the tracker's business: nothing may rewrite them on the way.
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        if (url is not null && Uri.TryCreate(url, options, out var uri))
            _http.Get(new HttpFetch(exchange.Id, uri, exchange.Family, _settings.HttpTimeout, _settings.Replies.MaxReplyBytes), Self);
        else
            EndWithFailure(exchange.Id, new TrackerFailure(TrackerFailureKind.UnsupportedUrl, "This tracker has no scrape URL (BEP 48)."));
    }

    private bool TryBeginUdp(Exchange exchange, UdpAddress tracker) => exchange.Job switch
    {
        AnnounceJob announce => _udp.TryAnnounce(exchange.Id, tracker, announce.Request with { Family = exchange.Family }, announce.Url.Target, Now),
        ScrapeJob scrape => _udp.TryScrape(exchange.Id, tracker, scrape.InfoHashes, Now),
        _ => false,
    };

    private void OnReplied(IHttp.Replied replied)
    {
        if (!_exchanges.TryGetValue(replied.Id, out var exchange)) return;
        if (exchange.Job is AnnounceJob)
        {
            if (HttpTrackerReply.TryReadAnnounce(replied.Status, replied.Body.AsSpan(), _settings.Replies, out var reply, out var failure)) EndWithReply(replied.Id, reply);
            else EndWithFailure(replied.Id, failure);
        }
        else
        {
            if (HttpTrackerReply.TryReadScrape(replied.Status, replied.Body.AsSpan(), _settings.Replies, out var entries, out var failure)) EndWithEntries(replied.Id, entries);
            else EndWithFailure(replied.Id, failure);
        }
    }

    private void OnDatagrams(UdpBatch batch)
    {
        try
        {
            _udp.Received(batch, Now);
        }
        finally
        {
            batch.Release();
        }
    }

    private void OnOpenFailed(IUdp.OpenFailed failed)
    {
        LogNoSocket(failed.Requested, failed.Reason);
        _udp.OpenFailed(failed);
    }

    private void OnUdpResult(UdpTrackerResult result)
    {
        switch (result)
        {
            case UdpTrackerResult.Announced announced: EndWithReply(announced.Token, announced.Reply); break;
            case UdpTrackerResult.Scraped scraped: EndWithEntries(scraped.Token, scraped.Entries); break;
            case UdpTrackerResult.Failed failed: EndWithFailure(failed.Token, failed.Failure); break;
            default: throw new InvalidOperationException($"Unknown result {result}.");
        }
    }

    private void EndWithReply(long id, AnnounceReply reply)
    {
        if (!_exchanges.Remove(id, out var exchange)) return;
        LogAnnounced(exchange.Job.Url.Origin, exchange.Family, reply.Peers.Length);
        ((AnnounceJob)exchange.Job).Succeed(exchange.Family, reply, Self);
        EndExchange(exchange.Job);
    }

    private void EndWithEntries(long id, ImmutableArray<ScrapeEntry> entries)
    {
        if (!_exchanges.Remove(id, out var exchange)) return;
        ((ScrapeJob)exchange.Job).Succeed(entries, Self);
        EndExchange(exchange.Job);
    }

    private void EndWithFailure(long id, TrackerFailure failure)
    {
        if (!_exchanges.Remove(id, out var exchange)) return;
        LogFailed(exchange.Job.Url.Origin, exchange.Family, failure.Kind, failure.Message);
        exchange.Job.Note(failure, exchange.Family);
        EndExchange(exchange.Job);
    }

    private void EndExchange(TrackerJob job)
    {
        if (--job.Outstanding == 0) Finish(job);
    }

    private void Finish(TrackerJob job)
    {
        if (job is { HasSucceeded: true, SilentFamily: { } family }) _hosts.FamilyWasSilent(job.Url.Host, family, Now);
        _jobs.Remove(job.Number);
        _lanes.Finish(job.Url.Origin);
        job.End(Self);
    }

    private Counters Count() => new(_jobs.Count, _exchanges.Count, _rejected, _udp.IgnoredDatagrams, _udp.UnsentDatagrams);

    [LoggerMessage(LogLevel.Debug, "Asking {Tracker} over {Family}")]
    private partial void LogBegin(string tracker, AddressFamily family);

    [LoggerMessage(LogLevel.Debug, "{Tracker} answered over {Family} with {Peers} peers")]
    private partial void LogAnnounced(string tracker, AddressFamily family, int peers);

    [LoggerMessage(LogLevel.Debug, "{Tracker} failed over {Family}: {Kind}, {Reason}")]
    private partial void LogFailed(string tracker, AddressFamily family, TrackerFailureKind kind, string reason);

    [LoggerMessage(LogLevel.Warning, "Too many requests wait for {Tracker}; {Rejected} refused so far")]
    private partial void LogRejected(string tracker, long rejected);

    [LoggerMessage(LogLevel.Debug, "No UDP socket at {Local}: {Reason}")]
    private partial void LogNoSocket(IPEndPoint local, string reason);

    private sealed record UdpTick
    {
        public static readonly UdpTick Instance = new();
    }

    private sealed record Exchange(long Id, TrackerJob Job, AddressFamily Family);
}
