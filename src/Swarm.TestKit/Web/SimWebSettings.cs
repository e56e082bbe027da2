using Swarm.TestKit.Chance;

namespace Swarm.TestKit.Web;

/// <summary>What a <see cref="SimWeb"/> is like and what goes wrong with it. A world replaces them as it goes: <c>web.Settings = web.Settings with { ... }</c>. Probabilities are 0 to 1.</summary>
public sealed record SimWebSettings
{
    /// <summary>A web with which nothing is wrong.</summary>
    public static SimWebSettings Default { get; } = new();

    /// <summary>How long a hop of a request takes.</summary>
    public Latency Latency { get; init; } = Latency.Milliseconds(2, 200);

    /// <summary>How long a name takes.</summary>
    public Latency DnsLatency { get; init; } = Latency.Milliseconds(0.1, 100);

    /// <summary>How often a request finds a connection that fails.</summary>
    public double Failure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often a request is never answered.</summary>
    public double Silence { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often a reply breaks off before its end.</summary>
    public double Truncation { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often a name is not resolved though it is there.</summary>
    public double DnsFailure { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How long a name that is not answered is waited for, up to 10 min.</summary>
    public TimeSpan DnsTimeout { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(10);

    /// <summary>Redirects that are followed for one request, 0 to 50.</summary>
    public int RedirectLimit { get; init => field = Setting.InRange(value, 0, 50); } = 5;

    /// <summary>Requests of one node that may be under way, 1 to 1,000,000; one more fails at once.</summary>
    public int MaxRequests { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 4_096;
}
