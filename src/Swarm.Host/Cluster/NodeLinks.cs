using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Host.Cluster;

/// <summary>
/// The link between the nodes of a cluster: <see cref="INodeLink"/> and <see cref="INodeCalls"/> over HTTP/2, one a process. <see cref="LinkServer"/> is the side that is asked, <see cref="LinkClient"/> the one that asks, <see cref="Destination"/> what waits for one node.
/// <para>
/// Made by <see cref="BindAsync"/> before the node's store is opened. It holds the end point until it is disposed, at the process's end: <see cref="Open"/> and <see cref="Close"/> say whether anybody wants what comes in, and an actor that is restarted opens it again. Before
/// <see cref="Open"/> others are told that nobody is here yet.
/// </para>
/// <para>
/// Any thread. <see cref="Send"/> never waits: what does not fit into the node's queue is dropped and counted, and so is what a node that is not reached was to get. There is no other loss; messages to one node are not overtaken or doubled here.
/// </para>
/// </summary>
internal sealed partial class NodeLinks : INodeLink, INodeCalls, ILinkReceiver, IAsyncDisposable
{
    private readonly NodeLinkOptions _options;
    private readonly LinkCertificates? _certificates;
    private readonly LinkCounting _counting = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Destination> _destinations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkPeer> _peers = new(StringComparer.Ordinal);
    private readonly Dictionary<int, NodeCallHandler> _handlers = [];
    private readonly SemaphoreSlim _calls;
    private readonly CancellationTokenSource _over = new();
    private readonly ILogger _log;
    private CancellationTokenSource _open = new();
    private LinkServer _server = null!;
    private LinkClient _client = null!;
    private Task _refreshing = Task.CompletedTask;
    private IActorRef? _receiver;
    private bool _isDisposed;

    private NodeLinks(NodeLinkOptions options, LinkCertificates? certificates, ILogger log)
    {
        _options = options;
        _certificates = certificates;
        _calls = new SemaphoreSlim(options.Settings.CallLimit);
        _log = log;
        EndPoint = options.EndPoint;
    }

    /// <inheritdoc/>
    public string EndPoint { get; private set; }

    /// <summary>What it has counted.</summary>
    public NodeLinkCounters Counters
    {
        get
        {
            lock (_gate) return _counting.Read(_destinations.Count);
        }
    }

    /// <summary>Listens; from now on no other process can at this end point. An end point with port 0 gets the one that the system chose.</summary>
    /// <exception cref="SwarmException">It cannot listen, the certificates cannot be used, or it would be open beyond this machine to whoever comes.</exception>
    public static async Task<NodeLinks> BindAsync(NodeLinkOptions options, ILoggerFactory logs)
    {
        if (options is { IsBeyondLoopback: true, Key.IsEmpty: true, Tls: null })
            throw new SwarmException($"the cluster's link would listen at {string.Join(", ", options.Listen)} to whoever comes; give all nodes a key (swarm.cluster.secret-file) or certificates (swarm.cluster.tls), or listen on 127.0.0.1");
        var log = logs.CreateLogger("Swarm.Link");
        var links = new NodeLinks(options, options.Tls is { } files ? LinkCertificates.Load(files, log) : null, log);
        links._server = await LinkServer.StartAsync(options, links._certificates, links, links._counting, logs).ConfigureAwait(false);
        if (options.EndPoint.EndsWith(":0", StringComparison.Ordinal)) links.EndPoint = options.EndPoint[..^1] + links._server.Ports[0].ToString(CultureInfo.InvariantCulture);
        links._client = new LinkClient(options, links.EndPoint, links._certificates);
        if (links._certificates is not null) links._refreshing = links.RefreshAsync();
        var listen = string.Join(", ", options.Listen);
        LogBound(log, links.EndPoint, listen, options.Tls is not null ? "mutual TLS" : options.Key.IsEmpty ? "nothing, this machine only" : "the cluster's key");
        return links;
    }

    /// <inheritdoc/>
    public void Open(string endPoint, IActorRef receiver)
    {
        if (endPoint != EndPoint)
        {
            receiver.Tell(new INodeLink.OpenFailed($"this process listens as {EndPoint}, not as {endPoint}"), ActorRefs.NoSender);
            return;
        }

        lock (_gate)
        {
            _open = new CancellationTokenSource();
            _receiver = receiver;
        }

        receiver.Tell(new INodeLink.Opened(), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public bool Send(string endPoint, ImmutableArray<byte> message)
    {
        lock (_gate)
        {
            if (_receiver is null || message.IsDefaultOrEmpty || message.Length > Protocol.Cluster.ClusterLimits.MaxMessageBytes || DestinationOf(endPoint) is not { } destination || !destination.TrySend(message))
            {
                _counting.Dropped();
                return false;
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            _receiver = null;
            _open.Cancel();
            _destinations.Clear();
        }
    }

    /// <inheritdoc/>
    public void Handle(int call, NodeCallHandler handler)
    {
        lock (_gate)
        {
            if (!_handlers.TryAdd(call, handler)) throw new InvalidOperationException($"call {call} has a handler");
        }
    }

    /// <inheritdoc/>
    public async Task<NodeAnswer> CallAsync(string endPoint, int call, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        LinkPeer? peer;
        lock (_gate) peer = PeerOf(endPoint);
        if (peer is null || body.Length + sizeof(int) > _options.Settings.RequestBytes) return NodeAnswer.Of(peer is null ? NodeAnswerStatus.Unreachable : NodeAnswerStatus.Failed);
        if (!await _calls.WaitAsync(TimeSpan.Zero, cancellation).ConfigureAwait(false)) return NodeAnswer.Of(NodeAnswerStatus.Busy);
        try
        {
            _counting.Called();
            var content = new byte[sizeof(int) + body.Length];
            BinaryPrimitives.WriteInt32BigEndian(content, call);
            body.CopyTo(content.AsMemory(sizeof(int)));
            var answer = await _client.AskAsync(peer, LinkPart.Call, content, _options.Settings.CallTimeout, cancellation).ConfigureAwait(false);
            if (answer is null) _counting.Failed();
            return answer ?? NodeAnswer.Of(NodeAnswerStatus.Unreachable);
        }
        finally
        {
            _calls.Release();
        }
    }

    /// <inheritdoc/>
    bool ILinkReceiver.Take(ImmutableArray<ImmutableArray<byte>> messages)
    {
        if (Volatile.Read(ref _receiver) is not { } receiver) return false;
        _counting.Received(messages.Length);
        foreach (var message in messages) receiver.Tell(new INodeLink.Received(message), ActorRefs.NoSender);
        return true;
    }

    /// <inheritdoc/>
    async Task<NodeAnswer> ILinkReceiver.AnswerAsync(string from, int call, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        NodeCallHandler? handler;
        lock (_gate) handler = _handlers.GetValueOrDefault(call);
        if (handler is null) return NodeAnswer.Of(NodeAnswerStatus.Unknown);
        try
        {
            var answer = await handler(from, body, cancellation).ConfigureAwait(false);
            return answer.Body.Length <= _options.Settings.AnswerBytes ? answer : NodeAnswer.Of(NodeAnswerStatus.Failed);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return NodeAnswer.Of(NodeAnswerStatus.Busy);
        }
        catch (Exception e)
        {
            LogCallFailed(_log, e, call, from);
            return NodeAnswer.Of(NodeAnswerStatus.Failed);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        Close();
        await _over.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
        _over.Dispose();
    }

    // Under the gate.
    private Destination? DestinationOf(string endPoint)
    {
        if (_destinations.TryGetValue(endPoint, out var known)) return known;
        if (_destinations.Count >= _options.Settings.DestinationLimit || PeerOf(endPoint) is not { } peer) return null;
        var made = new Destination(peer, _client, _options.Settings, _counting);
        _destinations.Add(endPoint, made);
        var open = _open.Token;
        _ = Task.Run(() => made.RunAsync(() => TryEnd(endPoint, made), open), CancellationToken.None);
        return made;
    }

    // Under the gate. What is kept of a node is its session; one that makes room for others proves itself again when it is needed.
    private LinkPeer? PeerOf(string endPoint)
    {
        if (_peers.TryGetValue(endPoint, out var known)) return known;
        if (!NodeLinkOptions.TrySplit(endPoint, out var host, out var port) || port == 0) return null;
        if (_peers.Count >= _options.Settings.DestinationLimit * 2) _peers.Clear();
        var made = new LinkPeer(endPoint, host, port);
        _peers.Add(endPoint, made);
        return made;
    }

    private bool TryEnd(string endPoint, Destination destination)
    {
        lock (_gate)
        {
            if (destination.HasWaiting) return false;
            if (_destinations.GetValueOrDefault(endPoint) == destination) _destinations.Remove(endPoint);
            return true;
        }
    }

    private async Task RefreshAsync()
    {
        using var timer = new PeriodicTimer(_options.Settings.CertificateInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_over.Token).ConfigureAwait(false)) _certificates!.Refresh();
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Other nodes reach this one as {EndPoint} at {Listen}; they are known by {Proof}")]
    private static partial void LogBound(ILogger log, string endPoint, string listen, string proof);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Call} of {From} failed, which is a bug")]
    private static partial void LogCallFailed(ILogger log, Exception failure, int call, string from);
}
