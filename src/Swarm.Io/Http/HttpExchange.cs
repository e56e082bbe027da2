using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Text;
using Swarm.Actors.Ports;

namespace Swarm.Io.Http;

/// <summary>
/// One GET from beginning to end: each hop over a connection of its own, redirects followed, the body undone and bounded. Ends with the answer to tell; is cancelled by its token.
/// <para>A connection is used once and "Connection: close" is said: a tracker is asked every half hour, many close kept connections without a word, and a connection of one's own is
/// what lets the family, the address and the redirect's rules hold for this exchange and no other.</para>
/// </summary>
internal sealed class HttpExchange(HttpFetch request, HttpPortSettings settings)
{
    private const int FirstRead = 8 * 1024;
    private readonly HttpDialer _dialer = new(request.Family, settings);

    /// <summary>Fetches: <see cref="IHttp.Replied"/> or <see cref="IHttp.Failed"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<object> RunAsync(CancellationToken cancellation)
    {
        if (ExactUri.Of(request.Url) is not { } url) return Failed("It is not a complete http or https URL.");
        for (var redirects = 0; ; redirects++)
        {
            using var handler = MakeHandler();
            using var invoker = new HttpMessageInvoker(handler);
            using var message = MakeRequest(url);
            try
            {
                using var response = await invoker.SendAsync(message, cancellation).ConfigureAwait(false);
                if (Location(response) is not { } location) return await ReadAsync(response, url.Host, cancellation).ConfigureAwait(false);
                if (redirects == settings.RedirectLimit) return Failed($"{url.Host} redirects again after {redirects} redirects.");
                var next = ExactUri.Resolve(url, location);
                if (next is null) return Failed($"{url.Host} redirects to something that is not an http or https URL.");
                if (url.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps) return Failed($"{url.Host} redirects from https to http.");
                url = next;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException && !cancellation.IsCancellationRequested)
            {
                return Failed(Describe(e, url.Host));
            }
        }
    }

    private static string? Location(HttpResponseMessage response)
    {
        var status = response.StatusCode;
        if (status is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)) return null;
        return response.Headers.NonValidated.TryGetValues("Location", out var values) ? values.FirstOrDefault() : null;
    }

    private static string Describe(Exception e, string host)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case HttpDialException: return inner.Message;
                case AuthenticationException: return $"{host} was refused as the server it claims to be: {inner.Message.ReplaceLineEndings(" ")}";
                case InvalidDataException: return $"{host} sent a body that cannot be decompressed.";
            }
        }

        var error = (e as HttpRequestException)?.HttpRequestError ?? (e as HttpIOException)?.HttpRequestError;
        return error switch
        {
            HttpRequestError.ResponseEnded => $"{host} closed the connection before its reply was whole.",
            HttpRequestError.InvalidResponse => $"{host} sent what is not an HTTP reply.",
            HttpRequestError.ConfigurationLimitExceeded => $"{host} sent headers that are too long.",
            _ => $"{host} failed: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}",
        };
    }

    // No cookies: nothing is carried from one exchange to another. No proxy, also not that of the environment: a tracker must see the address that peers are to connect to, and a
    // request pinned to a family or bound to an address must not go another way.
    private SocketsHttpHandler MakeHandler() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = settings.HeaderKibibytes,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = Timeout.InfiniteTimeSpan,
        ConnectCallback = _dialer.ConnectAsync,
        // Redirects with raw UTF-8 in them exist.
        ResponseHeaderEncodingSelector = static (name, _) => string.Equals(name, "Location", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : null,
    };

    private HttpRequestMessage MakeRequest(Uri url)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        message.Headers.TryAddWithoutValidation("User-Agent", settings.UserAgent);
        message.Headers.ConnectionClose = true;
        if (url.UserInfo.Length > 0)
        {
            var credentials = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo));
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(credentials));
        }

        return message;
    }

    private async Task<object> ReadAsync(HttpResponseMessage response, string host, CancellationToken cancellation)
    {
        var limit = Math.Max(0, request.BodyLimit);
        // Where the body is compressed its length has been taken out of the headers, so this is the length of what is read.
        if (response.Content.Headers.ContentLength > limit) return Failed(TooLong(host, limit));
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var body = new byte[(int)Math.Min(limit + 1L, response.Content.Headers.ContentLength + 1 ?? FirstRead)];
        for (var length = 0; ;)
        {
            var read = await stream.ReadAsync(body.AsMemory(length), cancellation).ConfigureAwait(false);
            length += read;
            if (length > limit) return Failed(TooLong(host, limit));
            if (read == 0)
            {
                Array.Resize(ref body, length);
                return new IHttp.Replied(request.Id, (int)response.StatusCode, ImmutableCollectionsMarshal.AsImmutableArray(body));
            }

            // One byte more than the limit is enough to see that it is passed.
            if (length == body.Length) Array.Resize(ref body, (int)Math.Min(Math.Min(limit + 1L, Array.MaxLength), body.Length * 2L));
        }
    }

    private static string TooLong(string host, int limit) => $"{host} sent more than the {limit} bytes that were asked for.";

    private IHttp.Failed Failed(string reason) => new(request.Id, reason);
}
