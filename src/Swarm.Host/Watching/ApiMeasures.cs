using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Swarm.Host.Watching;

/// <summary>What stands around every request of the API: its duration goes to the instruments, and its course to the traces, if anybody follows them.</summary>
internal sealed class ApiMeasures(NodeMetrics metrics, TimeProvider clock)
{
    // Whatever was asked for that there is not: the address is the asker's, and would be a figure each.
    private const string NoRoute = "none";

    /// <summary>The middleware.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var started = clock.GetTimestamp();
        var route = RouteOf(context);
        var method = MethodOf(context.Request.Method);
        using var trace = NodeTraces.Source.StartActivity($"{method} {route}", ActivityKind.Server);
        trace?.SetTag("http.request.method", method).SetTag("http.route", route);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            trace?.SetTag("http.response.status_code", context.Response.StatusCode);
            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError) trace?.SetStatus(ActivityStatusCode.Error);
            metrics.Answered(route, method, context.Response.StatusCode, clock.GetElapsedTime(started));
        }
    }

    // Groups leave a slash at the end.
    private static string RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } pattern ? pattern.Length > 1 ? pattern.TrimEnd('/') : pattern : NoRoute;

    private static string MethodOf(string method) => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" ? method : "other";
}
