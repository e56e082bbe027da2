namespace Swarm.Actors.Trackers;

/// <summary>A torrent's numbers as trackers are told them.</summary>
/// <param name="Uploaded">Payload bytes sent by this process, before a rest too.</param>
/// <param name="Downloaded">Payload bytes received by this process, before a rest too, without what failed its hash or was not asked for.</param>
/// <param name="Left">Bytes still wanted; 0 when complete, null while the size is unknown.</param>
public sealed record AnnounceStats(long Uploaded, long Downloaded, long? Left)
{
    /// <summary>Whether nothing is wanted any more.</summary>
    public bool IsComplete => Left == 0;
}
