using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Choking;

/// <summary>What the choker knows of one peer. Times are TimeSpan ticks of the caller's monotonic clock, rates are bytes a second over the last two rounds (about 20 s, as BEP 3 advises).</summary>
internal sealed class ChokerPeer(PeerKey key, long joinedAt)
{
    private long _downloadedBefore;
    private long _uploadedBefore;
    private long _downloadedLast;
    private long _uploadedLast;
    private long _measuredAt = joinedAt;
    private long _lastSpan;

    public PeerKey Key { get; } = key;

    public long JoinedAt { get; } = joinedAt;

    public bool IsInterested { get; set; }

    public bool IsSnubbed { get; set; }

    public bool IsUnchoked { get; set; }

    /// <summary>It shall be unchoked after the round that is being computed.</summary>
    public bool IsChosen { get; set; }

    /// <summary>Rounds it has been unchoked without having earned it.</summary>
    public int UnearnedRounds { get; set; }

    /// <summary>When it last came to wait: became interested, or was choked.</summary>
    public long WaitingSince { get; set; } = joinedAt;

    public long UnchokedAt { get; set; }

    public long UploadedAtUnchoke { get; set; }

    public long Downloaded { get; set; }

    public long Uploaded { get; set; }

    public long DownloadRate { get; private set; }

    /// <summary>As measured when it last was unchoked.</summary>
    public long UploadRate { get; private set; }

    /// <summary>Takes the rates at a round.</summary>
    public void Measure(long now)
    {
        var span = now - _measuredAt;
        if (span <= 0) return;
        var (down, up) = (Downloaded - _downloadedBefore, Uploaded - _uploadedBefore);
        DownloadRate = RateOf(down + _downloadedLast, span + _lastSpan);

        // A choked peer takes nothing; how fast it was is worth knowing until its next turn.
        if (IsUnchoked || up > 0) UploadRate = RateOf(up + _uploadedLast, span + _lastSpan);
        (_downloadedLast, _uploadedLast, _lastSpan) = (down, up, span);
        (_downloadedBefore, _uploadedBefore, _measuredAt) = (Downloaded, Uploaded, now);
    }

    private static long RateOf(long bytes, long ticks) => (long)(bytes * (double)TimeSpan.TicksPerSecond / ticks);
}
