using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Swarm.Host.Cluster;

/// <summary>
/// The side of the link that is asked: Kestrel at the node's end point, with the link's three requests and nothing else. Bound before the node opens its store, and until the process ends: that it could be bound proves that no earlier process at this end point runs.
/// <para>
/// What comes in is read up to its limit, taken apart, proven (<see cref="LinkForms"/>), and only then looked into. Whatever is refused gets a status without a body, and is counted by reason. Memory is bounded by requests at a time × <see cref="NodeLinkSettings.RequestBytes"/>, and no one address can have all of them.
/// </para>
/// </summary>
internal sealed partial class LinkServer : IAsyncDisposable
{
    private readonly NodeLinkOptions _options;
    private readonly LinkCertificates? _certificates;
    private readonly ILinkReceiver _receiver;
    private readonly LinkCounting _counting;
    private readonly LinkSessions _sessions;
    private readonly SemaphoreSlim _requests;
    private readonly AddressQuota _requestsByAddress;
    private readonly AddressQuota _connections;
    private readonly byte[] _key;
    private readonly ILogger _log;
    private readonly WebApplication _app;

    private LinkServer(NodeLinkOptions options, LinkCertificates? certificates, ILinkReceiver receiver, LinkCounting counting, ILoggerFactory logs)
    {
        _options = options;
        _certificates = certificates;
        _receiver = receiver;
        _counting = counting;
        _key = [.. options.Key];
        _sessions = new LinkSessions(options.Settings.SessionLimit);
        _requests = new SemaphoreSlim(options.Settings.ServedRequests);
        _requestsByAddress = new AddressQuota(options.Settings.RequestsPerAddress);
        _connections = new AddressQuota(options.Settings.ConnectionsPerAddress);
        _log = logs.CreateLogger("Swarm.Link");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        if (certificates is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>The ports it listens at, in the order of the options.</summary>
    public ImmutableArray<int> Ports => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static address => new Uri(address).Port)];

    /// <summary>How many processes are known here.</summary>
    public int Sessions => _sessions.Count;

    /// <summary>Starts to listen.</summary>
    /// <exception cref="SwarmException">It cannot; one line that says what to do.</exception>
    public static async Task<LinkServer> StartAsync(NodeLinkOptions options, LinkCertificates? certificates, ILinkReceiver receiver, LinkCounting counting, ILoggerFactory logs)
    {
        var server = new LinkServer(options, certificates, receiver, counting, logs);
        try
        {
            await server._app.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch (Exception e) when (e is IOException or AddressInUseException or System.Net.Sockets.SocketException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new SwarmException($"other nodes cannot reach this one at {string.Join(", ", options.Listen)}: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; is it running already? Else choose another port (swarm.cluster.end-point, swarm.cluster.listen)", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Requests that are under way are those of members that hear by a broken connection what an answer would tell them.
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _app.StopAsync(now.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _requests.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        var settings = _options.Settings;
        kestrel.AddServerHeader = false;
        // With TLS too, requests come as those of cleartext: see LinkClient.
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.MaxRequestBodySize = settings.RequestBytes + LinkForms.RequestOverhead;
        kestrel.Limits.MaxConcurrentConnections = settings.ConnectionLimit;
        kestrel.Limits.MaxRequestHeadersTotalSize = 4 << 10;
        kestrel.Limits.MaxRequestHeaderCount = 20;
        kestrel.Limits.Http2.MaxStreamsPerConnection = settings.StreamsPerConnection;
        // A peer whose machine is gone must not hold its place.
        kestrel.Limits.KeepAliveTimeout = settings.IdleTime * 2;
        kestrel.Limits.RequestHeadersTimeout = settings.RequestTimeout;
        foreach (var at in _options.Listen)
        {
            kestrel.Listen(at, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection => AdmitAsync(connection, next));
                if (_certificates is { } certificates) listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificates.ForServer()), HandshakeTimeout = settings.RequestTimeout });
            });
        }
    }

    private async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!_connections.TryTake(address))
        {
            _counting.Rejected(LinkRejection.TooManyConnections);
            connection.Abort();
            return;
        }

        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.Return(address);
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (!_requests.Wait(TimeSpan.Zero))
        {
            Refuse(context, LinkRejection.Busy, StatusCodes.Status503ServiceUnavailable);
            return;
        }

        try
        {
            if (!_requestsByAddress.TryTake(address))
            {
                Refuse(context, LinkRejection.Busy, StatusCodes.Status503ServiceUnavailable);
                return;
            }

            try
            {
                await ServeAsync(context).ConfigureAwait(false);
            }
            finally
            {
                _requestsByAddress.Return(address);
            }
        }
        finally
        {
            _requests.Release();
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method)) return RefusedAsync(context, LinkRejection.NotOurs, StatusCodes.Status405MethodNotAllowed);
        if (context.Request.Path == LinkClient.PathOf(LinkPart.Messages)) return RequestAsync(context, LinkPart.Messages);
        if (context.Request.Path == LinkClient.PathOf(LinkPart.Call)) return RequestAsync(context, LinkPart.Call);
        return context.Request.Path == LinkClient.PathOf(LinkPart.Hello) ? HelloAsync(context) : RefusedAsync(context, LinkRejection.NotOurs, StatusCodes.Status404NotFound);
    }

    private async Task HelloAsync(HttpContext context)
    {
        if (await ReadAsync(context, LinkForms.MaxHelloBytes).ConfigureAwait(false) is not { } body) return;
        if (LinkForms.ReadHello(body.Span, _key, out var isForged) is not { } hello)
        {
            if (isForged) LogUnproven(_log, context.Connection.RemoteIpAddress);
            Refuse(context, isForged ? LinkRejection.Unproven : LinkRejection.Malformed, isForged ? StatusCodes.Status403Forbidden : StatusCodes.Status400BadRequest);
            return;
        }

        if (hello.Cluster != Protocol.Cluster.ClusterCodec.ClusterNumber(_options.Cluster) || hello.To != _receiver.EndPoint)
        {
            LogMisdirected(_log, hello.From, hello.To);
            Refuse(context, LinkRejection.Misdirected, StatusCodes.Status421MisdirectedRequest);
            return;
        }

        if (_certificates is not null && !IsNamed(context, hello.From))
        {
            LogNotNamed(_log, context.Connection.RemoteIpAddress, hello.From);
            Refuse(context, LinkRejection.Unproven, StatusCodes.Status403Forbidden);
            return;
        }

        var welcome = new LinkWelcome([.. RandomNumberGenerator.GetBytes(LinkForms.SessionBytes)], [.. RandomNumberGenerator.GetBytes(LinkForms.NonceBytes)]);
        _sessions.Add(new LinkSession(welcome.Session, LinkForms.SessionKey(hello, welcome, _key), hello.From));
        await context.Response.BodyWriter.WriteAsync(LinkForms.Write(welcome, hello, _key), context.RequestAborted).ConfigureAwait(false);
    }

    private static bool IsNamed(HttpContext context, string from) =>
        context.Connection.ClientCertificate is { } certificate && NodeLinkOptions.TrySplit(from, out var host, out _) && LinkCertificates.Names(certificate, host);

    private async Task RequestAsync(HttpContext context, LinkPart part)
    {
        if (await ReadAsync(context, _options.Settings.RequestBytes + LinkForms.RequestOverhead).ConfigureAwait(false) is not { } body) return;
        if (!LinkForms.TrySplit(body, out var name, out var sequence, out var content)) Refuse(context, LinkRejection.Malformed, StatusCodes.Status400BadRequest);
        else if (_sessions.Find(name) is not { } session) Refuse(context, LinkRejection.UnknownSession, StatusCodes.Status401Unauthorized);
        else if (!LinkForms.IsProven(part, body.Span, session.Key)) Refuse(context, LinkRejection.Unproven, StatusCodes.Status403Forbidden);
        else if (!_sessions.TryTake(session, sequence)) Refuse(context, LinkRejection.Replayed, StatusCodes.Status409Conflict);
        else if (part == LinkPart.Messages) await MessagesAsync(context, session, sequence, content).ConfigureAwait(false);
        else await CallAsync(context, session, sequence, content).ConfigureAwait(false);
    }

    private Task MessagesAsync(HttpContext context, LinkSession session, ulong sequence, ReadOnlyMemory<byte> content)
    {
        if (!MessageBatch.TryRead(content.Span, _options.Settings.BatchMessages, out var messages)) return RefusedAsync(context, LinkRejection.Malformed, StatusCodes.Status400BadRequest);
        return _receiver.Take(messages)
            ? AnswerAsync(context, session, sequence, NodeAnswer.Of(NodeAnswerStatus.Done))
            : RefusedAsync(context, LinkRejection.NotOpen, StatusCodes.Status503ServiceUnavailable);
    }

    private async Task CallAsync(HttpContext context, LinkSession session, ulong sequence, ReadOnlyMemory<byte> content)
    {
        if (content.Length < sizeof(int))
        {
            Refuse(context, LinkRejection.Malformed, StatusCodes.Status400BadRequest);
            return;
        }

        _counting.Served();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_options.Settings.CallTimeout);
        var answer = await _receiver.AnswerAsync(session.From, BinaryPrimitives.ReadInt32BigEndian(content.Span), content[sizeof(int)..], patience.Token).ConfigureAwait(false);
        await AnswerAsync(context, session, sequence, answer).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, LinkSession session, ulong sequence, NodeAnswer answer) =>
        await context.Response.BodyWriter.WriteAsync(LinkForms.WriteAnswer(answer, session.Name, sequence, session.Key), context.RequestAborted).ConfigureAwait(false);

    // Null: it was refused.
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int limit)
    {
        if (context.Request.ContentLength is not { } length || length > limit)
        {
            Refuse(context, LinkRejection.Oversized, StatusCodes.Status413PayloadTooLarge);
            return null;
        }

        var body = new byte[length];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_options.Settings.RequestTimeout);
        try
        {
            await context.Request.Body.ReadExactlyAsync(body, patience.Token).ConfigureAwait(false);
            return body;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            Refuse(context, LinkRejection.Incomplete, StatusCodes.Status408RequestTimeout);
            return null;
        }
    }

    private Task RefusedAsync(HttpContext context, LinkRejection reason, int status)
    {
        Refuse(context, reason, status);
        return Task.CompletedTask;
    }

    private void Refuse(HttpContext context, LinkRejection reason, int status)
    {
        _counting.Rejected(reason);
        LogRefused(_log, reason, context.Connection.RemoteIpAddress);
        context.Response.StatusCode = status;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A request on the link was refused: {Reason}, from {Address}")]
    private static partial void LogRefused(ILogger log, LinkRejection reason, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} does not know the cluster's key (swarm.cluster.secret is to be the same at all nodes)")]
    private static partial void LogUnproven(ILogger log, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{From} looks for {To} here, or for another cluster; see swarm.cluster.end-point and swarm.cluster.name of both, and what the name resolves to")]
    private static partial void LogMisdirected(ILogger log, string from, string to);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} says it is {From}, which its certificate does not name")]
    private static partial void LogNotNamed(ILogger log, IPAddress? address, string from);
}

/// <summary>Whom the server hands what is proven; any thread.</summary>
internal interface ILinkReceiver
{
    /// <summary>Where others reach this node.</summary>
    string EndPoint { get; }

    /// <summary>Takes messages; false: nobody listens yet, or any more.</summary>
    bool Take(ImmutableArray<ImmutableArray<byte>> messages);

    /// <summary>Answers a call.</summary>
    Task<NodeAnswer> AnswerAsync(string from, int call, ReadOnlyMemory<byte> body, CancellationToken cancellation);
}
