using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Swarm.Host.Api.Endpoints;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Watching;

/// <summary><c>GET /metrics</c>: the figures for Prometheus, in its own format, or in OpenMetrics for who prefers that.</summary>
internal static class MetricsEndpoint
{
    private const string OpenMetrics = "application/openmetrics-text";

    /// <summary>Declares it; beyond loopback it takes a key, as the API does.</summary>
    public static void Map(IEndpointRouteBuilder routes, MetricCollector collector) => routes.MapGet("/metrics", (HttpContext context) => Show(context, collector))
        .WithName("getMetrics").WithSummary("The node's figures, for Prometheus.").WithMetadata(new Needs(Scope.Viewer)).WithTags("health")
        .Produces<string>(StatusCodes.Status200OK, "text/plain", OpenMetrics);

    /// <summary>Whether who sends this Accept header likes OpenMetrics at least as well as any other text.</summary>
    public static bool PrefersOpenMetrics(IList<string> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var types)) return false;
        var open = types.Where(type => type.MediaType == OpenMetrics).Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();
        var plain = types.Where(type => type.MediaType == "text/plain").Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();
        return open > 0 && open >= plain;
    }

    private static IResult Show(HttpContext context, MetricCollector collector)
    {
        var families = collector.Read();
        context.Response.Headers.CacheControl = "no-store";
        return PrefersOpenMetrics([.. context.Request.Headers.Accept.Select(value => value ?? "")])
            ? Results.Text(PrometheusText.WriteOpenMetrics(families), PrometheusText.OpenMetricsType)
            : Results.Text(PrometheusText.WritePlain(families), PrometheusText.PlainType);
    }
}
