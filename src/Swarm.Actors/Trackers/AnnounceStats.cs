namespace Swarm.Actors.Trackers;

/// <summary>A torrent's numbers as trackers are told them.</summary>
/// <param name="Uploaded">Payload bytes sent in this session.</param>
/// <param name="Downloaded">Payload bytes received in this session, without what failed its hash or was not asked for.</param>
/// <param name="Left">Bytes still wanted; 0 when complete, null while the size is unknown.</param>
public sealed record AnnounceStats(long Uploaded, long Downloaded, long? Left)
{
    /// <summary>Whether nothing is wanted any more.</summary>
    public bool IsComplete => Left == 0;
}
