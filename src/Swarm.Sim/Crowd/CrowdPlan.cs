using Swarm.TestKit.Net;

namespace Swarm.Sim.Crowd;

/// <summary>What a crowd comes for, and over which links: the same for the swarm and for the server, the server's being the seed's.</summary>
internal sealed record CrowdPlan
{
    /// <summary>Bytes that everybody fetches.</summary>
    public long Bytes { get; init; } = 32 << 20;

    /// <summary>Bytes of a piece.</summary>
    public int PieceLength { get; init; } = 256 << 10;

    /// <summary>Everybody's link, and the seed's or server's: 10 Mbit/s out, 50 Mbit/s in, 20 ms from the middle of the network.</summary>
    public LinkProfile Link { get; init; } = new() { UpBytesPerSecond = 1_250_000, DownBytesPerSecond = 6_250_000, Latency = TimeSpan.FromMilliseconds(20) };

    /// <summary>Everybody comes within this time, evenly.</summary>
    public TimeSpan Arrival { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When the last must have everything.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What everything follows from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>When the one of that number comes.</summary>
    public TimeSpan ArrivalOf(int number, int crowd) => Arrival * number / crowd;
}
