namespace Swarm.Protocol.Trackers;

/// <summary>An announce that is to be sent now.</summary>
/// <param name="Ticket">Comes back with the outcome.</param>
/// <param name="Url">The tracker.</param>
/// <param name="Event">The event to send.</param>
/// <param name="TrackerId">The tracker id to send back, or null.</param>
public sealed record TierAnnounce(long Ticket, TrackerUrl Url, AnnounceEvent Event, string? TrackerId);
