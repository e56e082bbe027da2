using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>The limits of the node's announce client.</summary>
public sealed record TrackersSettings
{
    /// <summary>The values for production.</summary>
    public static TrackersSettings Default { get; } = new();

    /// <summary>
    /// The local IPv4 end point for UDP, shared with the node's other protocols; port 0, or one that is not to be had: a socket of the client's own. Null: nothing is announced over IPv4.
    /// </summary>
    public IPEndPoint? LocalV4 { get; init; } = new(IPAddress.Any, 0);

    /// <summary>The same for IPv6.</summary>
    public IPEndPoint? LocalV6 { get; init; } = new(IPAddress.IPv6Any, 0);

    /// <summary>Which addresses UDP trackers may have; those of HTTP trackers are the HTTP port's affair.</summary>
    public ReachPolicy Reach { get; init; } = ReachPolicy.Everywhere;

    /// <summary>Requests under way to one tracker (scheme, host and port) at a time. 1 to 250.</summary>
    public int MaxConcurrentPerTracker { get; init => field = Setting.InRange(value, 1, 250); } = 16;

    /// <summary>Requests that wait for their turn at one tracker; one more is refused and counted. 1 to 100,000.</summary>
    public int MaxQueuedPerTracker { get; init => field = Setting.InRange(value, 1, 100_000); } = 5000;

    /// <summary>Requests queued or under way in all; one more is refused and counted. 1 to 1,000,000.</summary>
    public int MaxRequests { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 20_000;

    /// <summary>Addresses of UDP trackers with a conversation; when all of them are busy, one more is refused. 1 to 100,000.</summary>
    public int MaxUdpTrackers { get; init => field = Setting.InRange(value, 1, 100_000); } = 1000;

    /// <summary>How long an HTTP tracker may take. 100 ms to 5 min.</summary>
    public TimeSpan HttpTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(30);

    /// <summary>Host names whose addresses are remembered; when full, the oldest is forgotten. 1 to 100,000.</summary>
    public int MaxHosts { get; init => field = Setting.InRange(value, 1, 100_000); } = 1000;

    /// <summary>How long addresses are remembered. 1 s to 1 day.</summary>
    public TimeSpan AddressLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(2);

    /// <summary>How long it is remembered that a name did not resolve. 1 s to 1 day.</summary>
    public TimeSpan FailedAddressLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one address family of a tracker is left alone after it gave no answer while the other did: a machine without a working IPv6 route must not
    /// hold a place in the queue for every announce's whole timeout. 1 s to 1 day.
    /// </summary>
    public TimeSpan SilentFamilyPause { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(30);

    /// <summary>The conversation with a UDP tracker.</summary>
    public UdpTrackerSettings Udp { get; init; } = UdpTrackerSettings.Default;

    /// <summary>How much of a reply is believed.</summary>
    public TrackerReplyLimits Replies { get; init; } = TrackerReplyLimits.Default;

    /// <summary>
    /// These settings for a node: one bound to an address speaks to trackers from it, and only over its family. Its UDP port is the one it listens on at the same address, where it does.
    /// </summary>
    public TrackersSettings At(IPAddress? bind, ImmutableArray<IPEndPoint> listen)
    {
        return this with { LocalV4 = Local(IPAddress.Any), LocalV6 = Local(IPAddress.IPv6Any) };

        IPEndPoint? Local(IPAddress any)
        {
            if (bind is not null && bind.AddressFamily != any.AddressFamily) return null;
            var address = bind ?? any;
            return listen.FirstOrDefault(local => local.Address.Equals(address)) ?? new IPEndPoint(address, 0);
        }
    }
}
