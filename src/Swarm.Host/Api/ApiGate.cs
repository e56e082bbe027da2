using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Endpoints;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api;

/// <summary>
/// What every request passes before an operation sees it: the name it asked for, the page it comes from, who sends it and what that one may, and how large it is. Browsers that ask for pages of configured origins are
/// answered here, before anybody is asked for a key. Whatever is refused, here or later, becomes a problem document. An operation that does not say who may call it is called by nobody.
/// </summary>
internal sealed partial class ApiGate(ApiServices api, ILogger log)
{
    private const string BodyTooLarge = "The request's body is larger than this operation takes.";
    private const string ProblemType = "application/problem+json";
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"];

    private readonly HostRules _hosts = new(api.Settings.Hosts, api.Settings.Origins);
    private readonly CrossOrigin _pages = new(api.Settings.Origins);
    private readonly LoginBackOff _backOff = new(api.Settings.BackOff);

    /// <summary>The middleware.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (_hosts.Refusal(context.Request) is { } refusal) throw ApiException.Forbidden(refusal);
            _pages.Allow(context.Response);
            if (_pages.IsPreflight(context.Request))
            {
                _pages.AnswerPreflight(context.Response);
                return;
            }

            Admit(context);
            await next(context).ConfigureAwait(false);
            if (context.Response.HasStarted) return;
            if (context.GetEndpoint() is null) throw ApiException.NotFound("There is nothing at this address. The operations are listed in /openapi/v1.json.");
            // A body that could not be read is refused by the framework with a status alone.
            if (context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge) throw ApiException.TooLarge(BodyTooLarge);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, e).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, Translate(e)).ConfigureAwait(false);
        }
        catch (NoAnswerException e)
        {
            await RefuseAsync(context, ApiException.Unanswered(Sentence(e))).ConfigureAwait(false);
        }
        catch (SwarmException e)
        {
            await RefuseAsync(context, ApiException.Unavailable(Sentence(e))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Who asked has gone.
        }
        catch (Exception e)
        {
            LogBug(log, e, context.Request.Method, context.Request.Path.Value ?? "");
            await RefuseAsync(context, new ApiException(StatusCodes.Status500InternalServerError, "A bug in swarm", "The node failed on this request; its log has the details. Please report it.")).ConfigureAwait(false);
        }
    }

    private static string Sentence(SwarmException e) => $"{char.ToUpperInvariant(e.Message[0])}{e.Message.AsSpan(1).TrimEnd('.')}.";

    private static ApiException Translate(BadHttpRequestException e)
    {
        if (e.StatusCode == StatusCodes.Status413PayloadTooLarge) return ApiException.TooLarge(BodyTooLarge);
        var detail = e.InnerException is JsonException json ? $"The body is not the JSON that is expected: {json.Message.ReplaceLineEndings(" ").TrimEnd('.')}." : $"{e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.";
        var title = e.StatusCode == StatusCodes.Status415UnsupportedMediaType ? "The body's type is not taken" : "The request is wrong";
        return new ApiException(e.StatusCode, title, detail);
    }

    private async Task RefuseAsync(HttpContext context, ApiException e)
    {
        // Where an answer has begun there is no other way to say that it is broken off.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        _pages.Allow(context.Response);
        context.Response.StatusCode = e.Status;
        context.Response.ContentType = ProblemType;
        context.Response.Headers.CacheControl = "no-store";
        if (e.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer realm=\"swarm\", Basic realm=\"swarm\"";
        if (e.RetryAfter is { } wait) context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var problem = new Problem { Title = e.Title, Status = e.Status, Detail = e.Message };
        await JsonSerializer.SerializeAsync(context.Response.Body, problem, ApiJson.Default.Problem, context.RequestAborted).ConfigureAwait(false);
    }

    private static string? KeyOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return header.Length == 0 ? null : header;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), bytes, out var written)) return header;
        var pair = Encoding.UTF8.GetString(bytes, 0, written);
        // Whoever the user says to be, the key says.
        return pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    private static bool IsBodyEncoded(HttpRequest request) => request.Headers.ContentEncoding.ToString() is not ("" or "identity");

    private void Admit(HttpContext context)
    {
        var request = context.Request;
        var endpoint = context.GetEndpoint();
        var needed = endpoint is null ? Scope.Viewer : endpoint.Metadata.GetMetadata<Needs>()?.Scope ?? Scope.Admin;
        if (needed > Scope.None)
        {
            var scope = ScopeOf(context);
            context.Features.Set(new Caller(scope));
            if (scope < needed)
            {
                var name = needed.ToString().ToLowerInvariant();
                throw ApiException.Forbidden($"This takes a key with the scope '{name}'; yours has '{scope.ToString().ToLowerInvariant()}'. Use another key.");
            }
        }

        if (IsBodyEncoded(request)) throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The body's encoding is not taken", $"A body with Content-Encoding is not taken. Send it as it is, without {HeaderNames.ContentEncoding}.");
        var limit = endpoint?.Metadata.GetMetadata<TakesBody>()?.Limit ?? api.Settings.BodyLimit;
        if (request.ContentLength > limit) throw ApiException.TooLarge($"The request's body of {request.ContentLength} bytes is larger than the {limit} that this operation takes.");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = limit;
        context.Response.Headers.XContentTypeOptions = "nosniff";
    }

    private Scope ScopeOf(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (KeyOf(context.Request) is not { } text)
        {
            if (api.Settings.TrustLoopback && IPAddress.IsLoopback(address) && !ProxyHeaders.Any(context.Request.Headers.ContainsKey)) return Scope.Admin;
            throw new ApiException(StatusCodes.Status401Unauthorized, "A key is needed", "Beyond this machine a key is needed: send 'Authorization: Bearer KEY'.");
        }

        var now = api.Clock.GetUtcNow();
        var wait = _backOff.WaitOf(address, now);
        if (wait > TimeSpan.Zero) throw new ApiException(StatusCodes.Status429TooManyRequests, "Too many wrong keys", $"Too many wrong keys came from {address}. Wait {Math.Ceiling(wait.TotalSeconds)} seconds.") { RetryAfter = wait };
        if (api.Keys.Find(text) is { } key)
        {
            _backOff.Succeeded(address);
            return key.Scope;
        }

        _backOff.Failed(address, now);
        LogWrongKey(log, address);
        throw new ApiException(StatusCodes.Status401Unauthorized, "The key is wrong", "The key is not one that this node knows. Check it, or make a new one.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed on a bug")]
    private static partial void LogBug(ILogger log, Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A wrong API key came from {Address}")]
    private static partial void LogWrongKey(ILogger log, IPAddress address);
}
