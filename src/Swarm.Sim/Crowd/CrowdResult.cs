namespace Swarm.Sim.Crowd;

/// <summary>How long a crowd took. Times count from each one's own arrival, in virtual seconds.</summary>
internal sealed record CrowdResult(string Way, int Crowd, double MedianSeconds, double LastSeconds, double RealSeconds, long Events, ulong TraceHash)
{
    public static CrowdResult Of(string way, IReadOnlyCollection<TimeSpan> times, TimeSpan real, long events, ulong traceHash)
    {
        var sorted = times.Order().ToArray();
        return new CrowdResult(way, sorted.Length, sorted[(sorted.Length - 1) / 2].TotalSeconds, sorted[^1].TotalSeconds, real.TotalSeconds, events, traceHash);
    }
}
