namespace Swarm.Protocol.Trackers;

/// <summary>How it stands with one tracker of a torrent.</summary>
public enum TrackerState
{
    /// <summary>No announce yet: its turn has not come (BEP 12), or the torrent is not running.</summary>
    NotContacted,

    /// <summary>An announce is under way.</summary>
    Announcing,

    /// <summary>The last announce succeeded.</summary>
    Working,

    /// <summary>The last announce failed.</summary>
    Failing,
}

/// <summary>One tracker of a torrent, for people to look at.</summary>
/// <param name="Url">The tracker; its path may hold a passkey.</param>
/// <param name="Tier">From 0.</param>
/// <param name="State">How it stands.</param>
/// <param name="Failure">Why the last announce failed; null if it did not.</param>
/// <param name="Warning">What the tracker wants the user to read, or null.</param>
/// <param name="NextAnnounceIn">The time until it is asked again; null if that depends on other trackers, or an announce is under way.</param>
/// <param name="Seeders">Of its last reply.</param>
/// <param name="Leechers">Of its last reply.</param>
/// <param name="Downloaded">Of its last reply.</param>
/// <param name="Peers">Peers in its last reply.</param>
public sealed record TrackerStatus(
    TrackerUrl Url, int Tier, TrackerState State, TrackerFailure? Failure, string? Warning, TimeSpan? NextAnnounceIn,
    int? Seeders, int? Leechers, int? Downloaded, int Peers);
