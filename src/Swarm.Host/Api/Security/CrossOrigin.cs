using Microsoft.AspNetCore.Http;

namespace Swarm.Host.Api.Security;

/// <summary>
/// What lets pages of configured origins read what the node answers (the CORS protocol of the Fetch standard, section 3.3); all others get not a word of it, and their browsers keep the answers from them. Whether a request is answered at all is
/// decided elsewhere (<see cref="HostRules"/>), and a key is needed as ever: no cookies are taken, so a page has to send one itself.
/// </summary>
/// <param name="origins">Those that are configured.</param>
internal sealed class CrossOrigin(IReadOnlyList<string> origins)
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
    private const string Headers = "Accept, Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Transmission-Session-Id";
    private const string Readable = "ETag, Location, Retry-After, WWW-Authenticate, X-Transmission-Session-Id";

    // Seconds; browsers ask again after two hours at the latest.
    private const string PreflightAge = "3600";

    /// <summary>Whether a browser asks, on behalf of such a page and without its key, whether the request that the page wants to make may be made.</summary>
    public bool IsPreflight(HttpRequest request) => HttpMethods.IsOptions(request.Method) && IsConfigured(request) && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Answers it.</summary>
    public void AnswerPreflight(HttpResponse response)
    {
        Allow(response);
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.AccessControlAllowMethods = Methods;
        response.Headers.AccessControlAllowHeaders = Headers;
        response.Headers.AccessControlMaxAge = PreflightAge;
    }

    /// <summary>Says of an answer, whatever it is, that the page may read it, if it may.</summary>
    public void Allow(HttpResponse response)
    {
        if (origins.Count == 0) return;
        // Also where there is nothing to allow: caches must not give that answer to a page that may.
        response.Headers.Vary = "Origin";
        var request = response.HttpContext.Request;
        if (!IsConfigured(request)) return;
        response.Headers.AccessControlAllowOrigin = request.Headers.Origin;
        response.Headers.AccessControlExposeHeaders = Readable;
    }

    private bool IsConfigured(HttpRequest request) => request.Headers.Origin is [{ } origin] && origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
}
