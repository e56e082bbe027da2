using System.Diagnostics.Metrics;
using System.Globalization;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Host.Api.Torrents;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.Host.Watching;

/// <summary>
/// The node's instruments, of the meter "Swarm": whoever listens to it, our own <see cref="MetricCollector"/> or OpenTelemetry's exporter, sees the same figures. Owns the meter; most instruments observe what
/// <see cref="Take"/> brought last. Any thread.
/// <para>No label names a torrent, a peer or a tracker: how many figures there are does not grow with what the node has to do.</para>
/// </summary>
internal sealed partial class NodeMetrics : IDisposable
{
    /// <summary>The meter's name, and that of the source of traces.</summary>
    public const string Name = "Swarm";

    // From a list of 100 rows to one that waits for the disk.
    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _requests;
    private volatile NodeFigures _figures = NodeFigures.None;
    private volatile CatalogueTotals _totals = new();

    /// <summary>All instruments; figures are 0 until some were taken.</summary>
    public NodeMetrics()
    {
        _requests = _meter.CreateHistogram("swarm.api.request.duration", "s", "How long requests of the HTTP API took, streams of events as long as they were followed.", tags: null, Durations);
        Torrents();
        Network();
        Disk();
        Dht();
        Cluster();
        Actors();
        Process();
    }

    /// <summary>The meter.</summary>
    public Meter Meter => _meter;

    /// <summary>Takes newer figures.</summary>
    public void Take(NodeFigures figures, CatalogueTotals totals)
    {
        _figures = figures;
        _totals = totals;
    }

    /// <summary>A request of the API was answered.</summary>
    /// <param name="route">The operation's pattern, not the address.</param>
    /// <param name="method">The method, one of those that HTTP has.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="duration">How long it took.</param>
    public void Answered(string route, string method, int status, TimeSpan duration) => _requests.Record(
        duration.TotalSeconds, new("route", route), new("method", method), new("status", status.ToString(CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Labelled(long value, string name, string label) => new(value, new KeyValuePair<string, object?>(name, label));

    private void Count(string name, string unit, string help, Func<NodeFigures, long?> read) => _meter.CreateObservableCounter(name, () => Known(read), unit, help);

    private void Show(string name, string unit, string help, Func<NodeFigures, long?> read) => _meter.CreateObservableGauge(name, () => Known(read), unit, help);

    // What is not known yet is not told: a 0 would look as if a counter had begun anew.
    private IEnumerable<Measurement<long>> Known(Func<NodeFigures, long?> read) => read(_figures) is { } value ? [new Measurement<long>(value)] : [];

    private void Torrents()
    {
        _meter.CreateObservableGauge("swarm.torrents", () => Enum.GetValues<TorrentState>().Select(state => Labelled(_totals.In(state), "state", Configuration.SettingsGroup.KeyOf(TorrentMapping.PhaseOf(state).ToString()))), "{torrent}", "Torrents by what they are doing.");
        _meter.CreateObservableGauge("swarm.torrents.download.rate", () => _totals.DownloadRate, "By/s", "Payload that all torrents receive.");
        _meter.CreateObservableGauge("swarm.torrents.upload.rate", () => _totals.UploadRate, "By/s", "Payload that all torrents send.");
        _meter.CreateObservableGauge("swarm.torrents.downloaded", () => _totals.Downloaded, "By", "Payload received in all runs for the torrents that are there.");
        _meter.CreateObservableGauge("swarm.torrents.uploaded", () => _totals.Uploaded, "By", "Payload sent in all runs for the torrents that are there.");
        _meter.CreateObservableGauge("swarm.peers", () => _totals.ConnectedPeers, "{peer}", "Connections with a finished handshake.");
    }

    private void Network()
    {
        Count("swarm.net.received", "By", "Bytes received over TCP, payload and all.", figures => figures.Net?.BytesReceived);
        Count("swarm.net.sent", "By", "Bytes sent over TCP, payload and all.", figures => figures.Net?.BytesSent);
        Count("swarm.net.receive.calls", "{call}", "Calls of the system that received over TCP.", figures => figures.Net?.ReceiveCalls);
        Count("swarm.net.send.calls", "{call}", "Calls of the system that sent over TCP.", figures => figures.Net?.SendCalls);
        _meter.CreateObservableCounter("swarm.udp.datagrams", Datagrams, "{datagram}", "What became of datagrams: received, sent, or why they were dropped.");
    }

    private IEnumerable<Measurement<long>> Datagrams()
    {
        var udp = _figures.Udp;
        yield return Labelled(udp.Received, "outcome", "received");
        yield return Labelled(udp.Sent, "outcome", "sent");
        yield return Labelled(udp.Unsent, "outcome", "unsent");
        yield return Labelled(udp.TooLong, "outcome", "too-long");
        yield return Labelled(udp.Unclaimed, "outcome", "unclaimed");
        yield return Labelled(udp.Overrun, "outcome", "overrun");
    }

    private void Disk()
    {
        Count("swarm.disk.written", "By", "Bytes of blocks written to files.", figures => figures.Disk?.BytesWritten);
        Count("swarm.disk.write.calls", "{call}", "Gathering writes.", figures => figures.Disk?.WriteCalls);
        Count("swarm.disk.read.back", "By", "Bytes read only to be hashed, because their blocks had come too far ahead of their turn.", figures => figures.Disk?.BytesReadBack);
        Count("swarm.disk.blocks.duplicate", "{block}", "Blocks that came again.", figures => figures.Disk?.DuplicateBlocks);
        Count("swarm.disk.blocks.let.go", "{block}", "Blocks ahead of the running hash that were not kept for it, by want of memory.", figures => figures.Disk is { } disk ? disk.BlocksLetGo + disk.BlocksOverReorderBudget : null);
        Count("swarm.disk.reads.unpooled", "{read}", "Reads that had to allocate.", figures => figures.Disk?.UnpooledReads);
        Count("swarm.disk.jobs.refused", "{job}", "Disk jobs refused: queues full, or the storage not open.", figures => figures.Disk?.JobsRefused);
        Show("swarm.disk.queued", "By", "Bytes waiting to be written.", figures => figures.Disk?.QueuedBytes);
        Show("swarm.disk.reorder", "By", "Bytes held for running hashes.", figures => figures.Disk?.ReorderBytes);
        Show("swarm.disk.together", "By", "Bytes held by pieces that are to be hashed together.", figures => figures.Disk?.TogetherBytes);
        Show("swarm.disk.running.hashes", "{hash}", "Running hashes in use.", figures => figures.Disk?.RunningHashes);
        Count("swarm.disk.pieces.hashed.together", "{piece}", "Pieces hashed in step with others.", figures => figures.Disk?.PiecesHashedTogether);
        Count("swarm.disk.pieces.without.running.hash", "{piece}", "Pieces begun while all running hashes were in use; they are read back to be hashed.", figures => figures.Disk?.PiecesWithoutRunningHash);
        Count("swarm.disk.map.refusals", "{send}", "Sends that had to read, because nothing could be mapped.", figures => figures.Disk?.MapRefusals);
        Show("swarm.disk.mapped", "By", "Bytes of files mapped to be sent from.", figures => figures.Disk?.MappedBytes);
        Show("swarm.disk.open.files", "{file}", "Files kept open.", figures => figures.Disk?.OpenFiles);
        Count("swarm.store.batches", "{batch}", "Batches of durable state committed.", figures => figures.Store?.Batches);
        Count("swarm.store.commands", "{command}", "Commands in them.", figures => figures.Store?.Commands);
        Count("swarm.store.failures", "{batch}", "Batches that failed.", figures => figures.Store?.Failures);
        Count("swarm.store.refused", "{command}", "Commands refused, because too many waited.", figures => figures.Store?.Refused);
        Show("swarm.store.waiting", "{command}", "Commands that wait to be committed.", figures => figures.Store?.Waiting);
    }

    private void Dht()
    {
        OfDht("swarm.dht.nodes", "{node}", "Nodes of the routing table.", dht => dht.Nodes);
        OfDht("swarm.dht.lookups", "{lookup}", "Lookups under way.", dht => dht.Lookups.Running);
        OfDht("swarm.dht.stored.peers", "{peer}", "Peers that are kept for others.", dht => dht.Stored.Peers);
        CountDht("swarm.dht.received", "By", "Bytes of the DHT received.", dht => dht.Traffic.ReceivedBytes);
        CountDht("swarm.dht.sent", "By", "Bytes of the DHT sent.", dht => dht.Traffic.SentBytes);
        CountDht("swarm.dht.queries", "{query}", "Queries of ours.", dht => dht.Traffic.Queries);
        CountDht("swarm.dht.queries.timed.out", "{query}", "Queries of ours without an answer.", dht => dht.Traffic.TimedOut);
        CountDht("swarm.dht.queries.rate.limited", "{query}", "Queries of others not answered, because they sent too many.", dht => dht.Traffic.RateLimited);
        CountDht("swarm.dht.malformed", "{datagram}", "Datagrams that were no messages of the DHT.", dht => dht.Traffic.Malformed);
        CountDht("swarm.dht.dropped", "{message}", "Commands, names and addresses that found no room.", dht => dht.Traffic.Dropped);
        _meter.CreateObservableCounter(
            "swarm.dht.answered",
            () => from dht in _figures.Dht
                  from answered in dht.Answered.Select((count, method) => (Count: count, Method: (KrpcMethod)method))
                  select new Measurement<long>(answered.Count, new("family", FamilyOf(dht)), new("method", Configuration.SettingsGroup.KeyOf(answered.Method.ToString()))),
            "{query}", "Queries of others answered.");
    }

    private void OfDht(string name, string unit, string help, Func<DhtStatus, long> read) =>
        _meter.CreateObservableGauge(name, () => _figures.Dht.Select(dht => Labelled(read(dht), "family", FamilyOf(dht))), unit, help);

    private void CountDht(string name, string unit, string help, Func<DhtStatus, long> read) =>
        _meter.CreateObservableCounter(name, () => _figures.Dht.Select(dht => Labelled(read(dht), "family", FamilyOf(dht))), unit, help);

    private static string FamilyOf(DhtStatus dht) => dht.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4";

    private void Actors()
    {
        _meter.CreateObservableGauge("swarm.actors", () => _figures.Actors.Select(kind => Labelled(kind.Actors, "kind", kind.Kind)), "{actor}", "Living actors by class.");
        _meter.CreateObservableGauge("swarm.actors.mailbox.depth", () => _figures.Actors.Select(kind => Labelled(kind.Waiting, "kind", kind.Kind)), "{message}", "Messages that wait for the actors of a class.");
        _meter.CreateObservableGauge("swarm.actors.mailbox.longest", () => _figures.Actors.Select(kind => Labelled(kind.LongestQueue, "kind", kind.Kind)), "{message}", "Messages that wait for the one actor of a class that has most.");
        _meter.CreateObservableGauge("swarm.actors.restarts.living", () => _figures.Actors.Select(kind => Labelled(kind.Restarts, "kind", kind.Kind)), "{restart}", "Restarts of the actors of a class that live.");
        Count("swarm.actors.restarts", "{restart}", "Restarts of all actors.", figures => figures.Restarts);
        Count("swarm.actors.dead.letters", "{message}", "Messages that found nobody.", figures => figures.DeadLetters);
        Count("swarm.actors.dropped", "{message}", "Messages that full mailboxes refused.", figures => figures.Dropped);
    }

    private void Process()
    {
        _meter.CreateObservableCounter("swarm.process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time used.");
        _meter.CreateObservableGauge("swarm.process.resident.memory", () => Environment.WorkingSet, "By", "Memory of the process in RAM.");
        _meter.CreateObservableGauge("swarm.process.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Memory of managed objects.");
        _meter.CreateObservableCounter("swarm.process.allocated", () => GC.GetTotalAllocatedBytes(), "By", "Managed memory allocated.");
        _meter.CreateObservableCounter("swarm.process.gc.collections", () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => Labelled(GC.CollectionCount(generation), "generation", generation.ToString(CultureInfo.InvariantCulture))), "{collection}", "Collections of managed memory by generation.");
        _meter.CreateObservableCounter("swarm.process.gc.pause", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "How long collections held the process up.");
        _meter.CreateObservableGauge("swarm.process.threads", () => ThreadPool.ThreadCount, "{thread}", "Threads of the pool.");
        _meter.CreateObservableGauge("swarm.process.thread.pool.queue", () => ThreadPool.PendingWorkItemCount, "{item}", "Work that waits for a thread of the pool.");
    }
}
