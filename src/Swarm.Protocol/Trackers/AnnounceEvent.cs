namespace Swarm.Protocol.Trackers;

/// <summary>Why an announce is sent (BEP 3, "event"). The values are those of BEP 15's announce request.</summary>
public enum AnnounceEvent
{
    /// <summary>A regular announce: the interval has passed, or more peers are wanted.</summary>
    None = 0,

    /// <summary>The download has just finished. Never sent when the torrent was complete at the start.</summary>
    Completed = 1,

    /// <summary>The first announce of a session.</summary>
    Started = 2,

    /// <summary>The last announce of a session.</summary>
    Stopped = 3,
}
