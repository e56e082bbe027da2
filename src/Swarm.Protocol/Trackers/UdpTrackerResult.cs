using System.Collections.Immutable;

namespace Swarm.Protocol.Trackers;

/// <summary>How a request to a UDP tracker ended. Every request ends in exactly one of these, unless it is abandoned.</summary>
/// <param name="Token">What the caller gave with the request.</param>
public abstract record UdpTrackerResult(long Token)
{
    /// <summary>An announce was answered.</summary>
    public sealed record Announced(long Token, AnnounceReply Reply) : UdpTrackerResult(Token);

    /// <summary>A scrape was answered, in the order of the request.</summary>
    public sealed record Scraped(long Token, ImmutableArray<ScrapeEntry> Entries) : UdpTrackerResult(Token);

    /// <summary>A request was refused, answered with something unreadable, or not answered at all.</summary>
    public sealed record Failed(long Token, TrackerFailure Failure) : UdpTrackerResult(Token);
}
