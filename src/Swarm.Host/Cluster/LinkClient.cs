using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Cluster;

/// <summary>
/// The side of the link that asks: one connection of HTTP/2 to each node, made when it is needed, and a session on it (<see cref="LinkForms"/>). A session that the other side does not know any more, because it was started again, is made anew, once a request.
/// Never fails for what the network or the other side does; any thread.
/// </summary>
internal sealed class LinkClient : IDisposable
{
    /// <summary>Where the link's requests go.</summary>
    public const string Root = "/swarm/v1/";

    private static readonly MediaTypeHeaderValue Octets = new("application/octet-stream");

    private readonly NodeLinkOptions _options;
    private readonly LinkCertificates? _certificates;
    private readonly HttpMessageInvoker _http;
    private readonly byte[] _key;
    private readonly string _self;

    /// <summary>For the node at <paramref name="self"/>.</summary>
    public LinkClient(NodeLinkOptions options, string self, LinkCertificates? certificates)
    {
        _options = options;
        _certificates = certificates;
        _self = self;
        _key = [.. options.Key];
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.Settings.ConnectTimeout,
            PooledConnectionLifetime = options.Settings.ConnectionLifetime,
            PooledConnectionIdleTimeout = options.Settings.IdleTime,
            MaxResponseHeadersLength = 4,
            // A machine that is gone says nothing; without this its connection would be kept until TCP gives up, although a new one at the same name would answer.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingDelay = TimeSpan.FromTicks(Math.Max(options.Settings.ConnectTimeout.Ticks, TimeSpan.TicksPerSecond)),
            KeepAlivePingTimeout = TimeSpan.FromTicks(Math.Max(options.Settings.ConnectTimeout.Ticks, TimeSpan.TicksPerSecond)),
            ConnectCallback = ConnectAsync,
        });
    }

    /// <summary>Where a request of a part goes.</summary>
    public static string PathOf(LinkPart part) => part switch
    {
        LinkPart.Hello => Root + "hello",
        LinkPart.Messages => Root + "messages",
        LinkPart.Call => Root + "call",
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "no request"),
    };

    /// <summary>Asks a node; null: it was not reached, did not answer within <paramref name="limit"/>, or refused, or this one has ended.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<NodeAnswer?> AskAsync(LinkPeer peer, LinkPart part, ReadOnlyMemory<byte> content, TimeSpan limit, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            for (var attempt = 0; attempt < 2; attempt++)
            {
                if (await SessionAsync(peer, patience.Token).ConfigureAwait(false) is not { } session) return null;
                var sequence = session.Next();
                var body = LinkForms.WriteRequest(part, session.Name, sequence, content.Span, session.Key);
                var (status, answer) = await PostAsync(peer, part, body, _options.Settings.AnswerBytes + LinkForms.AnswerOverhead, patience.Token).ConfigureAwait(false);
                if (status == HttpStatusCode.OK) return LinkForms.ReadAnswer(answer, session.Name, sequence, session.Key);
                if (status != HttpStatusCode.Unauthorized) return null;
                peer.Forget(session);
            }

            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // One hello at a time a node: what comes meanwhile waits for its session.
    private async Task<ClientSession?> SessionAsync(LinkPeer peer, CancellationToken cancellation)
    {
        if (peer.Session is { } known) return known;
        await peer.Making.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (peer.Session is { } made) return made;
            var hello = new LinkHello(ClusterCodec.ClusterNumber(_options.Cluster), _self, peer.EndPoint, [.. RandomNumberGenerator.GetBytes(LinkForms.NonceBytes)]);
            var (status, answer) = await PostAsync(peer, LinkPart.Hello, LinkForms.Write(hello, _key), LinkForms.WelcomeBytes, cancellation).ConfigureAwait(false);
            if (status != HttpStatusCode.OK || LinkForms.ReadWelcome(answer, hello, _key) is not { } welcome) return null;
            return peer.Session = new ClientSession(welcome.Session, LinkForms.SessionKey(hello, welcome, _key));
        }
        finally
        {
            peer.Making.Release();
        }
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> PostAsync(LinkPeer peer, LinkPart part, byte[] body, int limit, CancellationToken cancellation)
    {
        // TLS, if there is any, is under what the handler sees: certificates are then those of each moment.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(peer.Root, PathOf(part))) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = Octets;
        using var response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) return (response.StatusCode, []);
        using var read = new MemoryStream();
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
        {
            if (read.Length + count > limit) return (HttpStatusCode.RequestEntityTooLarge, []);
            read.Write(buffer, 0, count);
        }

        return (HttpStatusCode.OK, read.ToArray());
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (_certificates is null) return stream;
            var secure = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = secure;
            await secure.AuthenticateAsClientAsync(_certificates.ForClient(context.DnsEndPoint.Host), cancellation).ConfigureAwait(false);
            return secure;
        }
        catch (Exception e)
        {
            if (stream is not null) await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            if (e is System.Security.Authentication.AuthenticationException) throw new HttpRequestException(e.Message, e);
            throw;
        }
    }
}

/// <summary>Another node as the asking side knows it: where it is, and the session with the process that was there last.</summary>
internal sealed class LinkPeer(string endPoint, string host, int port) : IDisposable
{
    private ClientSession? _session;

    /// <summary>Where it is, as the members' table has it.</summary>
    public string EndPoint { get; } = endPoint;

    /// <summary>The same as a base address.</summary>
    public Uri Root { get; } = new UriBuilder(Uri.UriSchemeHttp, host, port).Uri;

    /// <summary>Held by whoever makes a session.</summary>
    public SemaphoreSlim Making { get; } = new(1);

    /// <summary>The session, or null.</summary>
    public ClientSession? Session
    {
        get => Volatile.Read(ref _session);
        set => Volatile.Write(ref _session, value);
    }

    /// <summary>The other side does not know this session.</summary>
    public void Forget(ClientSession session) => Interlocked.CompareExchange(ref _session, null, session);

    /// <inheritdoc/>
    public void Dispose() => Making.Dispose();
}

/// <summary>A session at the asking side; its requests are numbered from 1.</summary>
internal sealed class ClientSession(ImmutableArray<byte> name, byte[] key)
{
    private ulong _last;

    public ImmutableArray<byte> Name { get; } = name;

    public byte[] Key { get; } = key;

    public ulong Next() => Interlocked.Increment(ref _last);
}
