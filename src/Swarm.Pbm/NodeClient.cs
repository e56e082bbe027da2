using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Pbm.Commands;

namespace Swarm.Pbm;

/// <summary>
/// Asks a node over HTTP. Every failure is a <see cref="PbmException"/>: nobody answers, the key does not do, or the node's own words (RFC 9457) where it refused.
/// Redirects are not followed and no proxy is used: a key goes to the node that was named, and to nobody else.
/// </summary>
internal sealed class NodeClient : IDisposable
{
    // Beyond any answer: pages are bounded by the node.
    private const long MaxAnswer = 256L << 20;

    // For the answer of a node that waited as long as it was told to.
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly GlobalSettings _settings;

    public NodeClient(GlobalSettings settings, Func<GlobalSettings, HttpMessageHandler> handler)
    {
        _settings = settings;
        _http = new HttpClient(handler(settings)) { BaseAddress = settings.Address, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswer };
        if (settings.Key is { } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("pbm", typeof(NodeClient).Assembly.GetName().Version!.ToString(3)));
    }

    /// <summary>The connections of the real world.</summary>
    public static HttpMessageHandler Handler(GlobalSettings settings)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All };
        if (settings.AuthorityFile is { } file) handler.SslOptions.CertificateChainPolicy = Trusting(file);
        return handler;
    }

    /// <summary>The commands the node has.</summary>
    public async Task<PaletteBook> PalettesAsync(CancellationToken cancellation)
    {
        var answer = await AskAsync(new NodeRequest(HttpMethod.Get, "/api/v1/palettes", null), cancellation).ConfigureAwait(false);
        try
        {
            return answer.Deserialize(ApiJson.Default.PaletteBook) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new PbmException(ExitCodes.Failed, $"what {_settings.Address} answers is no list of commands ({e.Message}); is a Swarm node there?");
        }
    }

    /// <summary>Asks once; the answer's JSON, or an empty object where there is no body.</summary>
    public async Task<JsonElement> AskAsync(NodeRequest request, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(request.AnswersLate ? _settings.Timeout + OnTheWay : _settings.Timeout);
        try
        {
            using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, patience.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
            return body.Length == 0 ? JsonElement.Parse("{}") : JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            throw new PbmException(ExitCodes.Failed, $"what {_settings.Address} answers is no JSON; is a Swarm node there?");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PbmException(ExitCodes.Unreachable, $"the node at {_settings.Address} did not answer within {_settings.Timeout.TotalSeconds:0} s; --timeout gives it more time");
        }
    }

    /// <summary>A stream of events, until the node or the caller ends it; one that breaks off is a failure.</summary>
    public async IAsyncEnumerable<JsonElement> StreamAsync(NodeRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        var items = SseParser.Create(stream, static (_, data) => Parse(data)).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
        await using var __ = items.ConfigureAwait(false);
        while (await OrBrokenAsync(() => items.MoveNextAsync()).ConfigureAwait(false))
        {
            if (items.Current.Data is { } data) yield return data;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> OrBrokenAsync(Func<ValueTask<bool>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Broken(e);
        }
    }

    private PbmException Broken(Exception e) => new(ExitCodes.Unreachable, $"the connection to {_settings.Address} broke off: {e.Message}");

    private static JsonElement? Parse(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            // An event of a kind that came later.
            return null;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(NodeRequest request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, request.Target.TrimStart('/'));
        if (request.Body is { } body) message.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(message, completion, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw await RefusalAsync(response, cancellation).ConfigureAwait(false);
            (var answered, response) = (response, null);
            return answered;
        }
        catch (HttpRequestException e)
        {
            throw new PbmException(ExitCodes.Unreachable, Describe(e));
        }
        catch (IOException e)
        {
            throw Broken(e);
        }
        finally
        {
            response?.Dispose();
        }
    }

    private async Task<PbmException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var problem = await ProblemAsync(response, cancellation).ConfigureAwait(false);
        var said = problem?.Detail ?? problem?.Title ?? $"the node answers {(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when _settings.Key is null => new PbmException(ExitCodes.NotAllowed, $"{said} (give an API key with --key-file or $PBM_KEY)"),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new PbmException(ExitCodes.NotAllowed, said),
            _ => new PbmException(ExitCodes.Failed, said),
        };
    }

    private static async Task<Problem?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json")) return null;
        try
        {
            return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false), ApiJson.Default.Problem);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Describe(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"there is no host {_settings.Address.Host}; --address names the node",
        HttpRequestError.SecureConnectionError => $"{_settings.Address}: {e.InnerException?.Message ?? e.Message} (--ca names a certificate to trust)",
        HttpRequestError.ConnectionError when e.InnerException is SocketException socket => $"no node answers at {_settings.Address}: {socket.Message}; 'swarm serve' starts one, --address names another",
        _ => $"{_settings.Address}: {e.Message}",
    };

    private static X509ChainPolicy Trusting(string file)
    {
        try
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(file);
            return policy;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new PbmException(ExitCodes.Usage, $"--ca: the certificate cannot be read: {e.Message}");
        }
    }
}
