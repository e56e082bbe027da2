using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>How the pieces of a torrent are divided among replicas that fetch it at the same time.</summary>
public sealed record OutsideFetchSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static OutsideFetchSettings Default { get; } = new();

    /// <summary>Replicas that may fetch the same piece from outside, 1 to 32: the cap for the whole cluster. 0: no cap, each replica fetches what it likes.</summary>
    public int FetchersPerPiece { get; init => field = Setting.InRange(value, 0, ClusterLimits.MaxReplicas); } = 1;

    /// <summary>Pieces in a row that are given to the same replicas, 1 to 1,024.</summary>
    public int PiecesPerRange { get; init => field = Setting.InRange(value, 1, 1_024); } = 4;

    /// <summary>How long a replica may verify nothing before its share is divided among the others, and how long it may send nothing of what it has before that is fetched from outside, 5 s to 1 h.</summary>
    public TimeSpan ShareTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(60);

    /// <summary>How long a replica whose own share is fetched waits for the others before it takes over a quarter of what nobody has yet, 1 s to 1 h.</summary>
    public TimeSpan TakeOverAfter { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>From one look at how the others get on to the next, 100 ms to 1 min.</summary>
    public TimeSpan LookInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(2);
}
