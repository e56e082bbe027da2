namespace Swarm.Protocol.Trackers;

/// <summary>Why an announce or scrape came to nothing.</summary>
public enum TrackerFailureKind
{
    /// <summary>The tracker said no, in words ("failure reason", UDP action 3).</summary>
    Refused,

    /// <summary>The reply could not be read.</summary>
    Malformed,

    /// <summary>The reply was longer than the limit.</summary>
    TooLarge,

    /// <summary>An HTTP status other than success, without a readable reason.</summary>
    HttpStatus,

    /// <summary>No reply in time.</summary>
    Timeout,

    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    /// <summary>The host name has no address.</summary>
    NameNotResolved,

    /// <summary>The URL cannot be used for this: its scheme is unknown, or it has no scrape form (BEP 48).</summary>
    UnsupportedUrl,

    /// <summary>Our own queue for this tracker is full; nothing was sent.</summary>
    Overloaded,

    /// <summary>Given up by ourselves: the deadline of the request passed, or the node is stopping.</summary>
    Abandoned,
}

/// <summary>A failed announce or scrape.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Message">One line for the user; what a tracker said is cleaned and bounded.</param>
public sealed record TrackerFailure(TrackerFailureKind Kind, string Message);
