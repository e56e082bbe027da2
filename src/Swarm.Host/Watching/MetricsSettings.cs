using Swarm.Host.Configuration;

namespace Swarm.Host.Watching;

/// <summary>The protocol by which OpenTelemetry's collectors are spoken to.</summary>
internal enum OtlpProtocol
{
    /// <summary>Protocol buffers over HTTP, usually at port 4318.</summary>
    Http,

    /// <summary>gRPC, usually at port 4317.</summary>
    Grpc,
}

/// <summary>What is measured, and who is told.</summary>
internal sealed record MetricsSettings : IChecked
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static MetricsSettings Default { get; } = new();

    /// <summary>How often the parts of the node that have to be asked for their figures are asked, 1 s to 1 h. A reading shows what they said last.</summary>
    public TimeSpan Interval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>Figures of one name that differ in labels, 16 to 100,000; one more is dropped and counted.</summary>
    public int MaxSeries { get; init => field = Setting.InRange(value, 16, 100_000); } = 1_000;

    /// <summary>The collector that metrics and traces are sent to, http or https; null: none.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>How it is spoken to.</summary>
    public OtlpProtocol OtlpProtocol { get; init; } = OtlpProtocol.Http;

    /// <summary>How often metrics are sent, 1 s to 1 h; also how long traces are gathered at most.</summary>
    public TimeSpan OtlpInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (OtlpEndpoint is not null && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            yield return (nameof(OtlpEndpoint), $"'{OtlpEndpoint}' is no http or https URL, such as http://127.0.0.1:4318");
    }
}
