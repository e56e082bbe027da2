using Swarm.Protocol.Cluster;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Net;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Sim.Replicas;

/// <summary>What replicas that fetch one torrent together took from outside.</summary>
/// <param name="Replicas">How many there were, each on a member of its own.</param>
/// <param name="FetchersPerPiece">How many might fetch the same piece from outside, 0 for no cap.</param>
/// <param name="SeedMiBPerSecond">How fast the one seed outside sends.</param>
/// <param name="FromOutside">Payload bytes that the one seed sent, as a multiple of the torrent's length.</param>
/// <param name="Seconds">Virtual time until all were complete.</param>
internal sealed record FetchResult(int Replicas, int FetchersPerPiece, int SeedMiBPerSecond, double FromOutside, double Seconds);

/// <summary>
/// A seed outside of the cluster, members that send 1 MiB/s and receive 4 MiB/s, one torrent of 192 pieces and 12 MiB with a replica at each member.
/// </summary>
internal sealed record FetchRun
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private const int PieceLength = 65_536;
    private const int Pieces = 192;

    public int Replicas { get; init; } = 3;

    public OutsideFetchSettings Fetching { get; init; } = OutsideFetchSettings.Default;

    /// <summary>How fast the seed sends.</summary>
    public int SeedMiBPerSecond { get; init; } = 1;

    /// <summary>Whether the cluster is given a magnet link.</summary>
    public bool IsByLink { get; init; }

    /// <summary>What happens before the torrent is added.</summary>
    public Action<SimCluster>? Before { get; init; }

    /// <summary>What happens every second from then on.</summary>
    public Action<SimCluster>? EachSecond { get; init; }

    /// <summary>Plays it.</summary>
    /// <exception cref="InvalidOperationException">They never became complete.</exception>
    public FetchResult Of(int seed)
    {
        var world = new SimWorld(seed);
        var tracker = world.AddTracker("tracker");
        var content = SimContent.OneFile(Pieces * PieceLength, PieceLength, seed, [tracker.Http]);
        var cluster = new SimCluster(world) { Configure = settings => settings with { OutsideFetch = Fetching } };
        var link = LinkProfile.Default with { UpBytesPerSecond = 1.MiB, DownBytesPerSecond = 4.MiB };
        var settings = SimNodeSettings.Default with { Link = link };
        var source = world.AddNode("seed", SimNodeSettings.Default with { Link = link with { UpBytesPerSecond = SeedMiBPerSecond.MiB } });
        source.AddSeed(content);
        for (var i = 1; i <= Replicas; i++) cluster.AddNode($"member-{i}", settings);
        world.StartAll();
        world.RunFor(Settling);
        Before?.Invoke(cluster);
        cluster.Add(content, Replicas, isByLink: IsByLink);
        var began = world.Now;
        if (EachSecond is { } action) world.Every(TimeSpan.FromSeconds(1), () => action(cluster));
        if (!world.RunUntil(() => cluster.IsConverged, Patience)) throw new InvalidOperationException($"After {Patience}: {cluster.WhyNotConverged()}");
        var took = world.Now - began;
        // The last figures are told once a second.
        world.RunFor(TimeSpan.FromSeconds(5));
        return new FetchResult(Replicas, Fetching.FetchersPerPiece, SeedMiBPerSecond, source.Status(content)!.Uploaded / (double)content.Geometry.TotalLength, took.TotalSeconds);
    }
}
