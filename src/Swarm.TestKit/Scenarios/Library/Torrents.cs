using System.Collections.Immutable;
using Swarm.TestKit.Peers;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios.Library;

/// <summary>Kinds of torrents and of peers, and what a user asks of his own node.</summary>
internal static class Torrents
{
    private const int Limit = 60_000;
    private const int Burst = 256 << 10;

    public static ImmutableArray<SwarmScenario> All { get; } =
    [
        new SwarmScenario("corrupting-peers", "Some send wrong blocks, all or a few; they are found out, and all that is kept is right.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady))
            .Between(0.Seconds, 5.Seconds, Faults.PeersCome(2, PeerManners.Corrupting, PeerManners.Seed with { Name = "corrupting one in ten", CorruptsOneIn = 10 }, PeerManners.Corrupting with { Name = "corrupting slowly", BytesPerSecond = 30_000 }))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("bad-manners", "Peers flood, lie, drip, push, talk rubbish and say nothing, and the swarm goes on beside them.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady))
            .Between(
                0.Seconds,
                5.Seconds,
                Faults.PeersCome(
                    4,
                    PeerManners.NeverAnswering,
                    PeerManners.Liar,
                    PeerManners.Dripping,
                    PeerManners.Flooding,
                    PeerManners.BadLengths,
                    PeerManners.Garbage,
                    PeerManners.Fickle,
                    PeerManners.Pushing,
                    PeerManners.HugeBitfield,
                    PeerManners.Mute,
                    PeerManners.Flapping))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("magnet-link", "All but the seed have only a magnet link, and give the metadata on to who comes later.")
            .Sharing(content => content.InPiecesOf(16_384).InFiles(1, 300))
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady).ByMagnet().JoiningBetween(0.Seconds, 40.Seconds))
            .Between(3.Seconds, 30.Seconds, Faults.Kill(Who.One("leecher"), 2.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("magnet-by-dht", "Of both families, with a magnet link and one node of the DHT, and no tracker: they find each other.")
            .Sharing(content => content.InPiecesOf(16_384).InFiles(1, 20))
            .WithoutTracker()
            .WithDht()
            .Seeds(1, seed => seed.On(LinkKind.Steady).OnBothFamilies())
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady).ByMagnet().JoiningBetween(0.Seconds, 40.Seconds))
            .Leechers(1, 2, leecher => leecher.Named("modern").On(LinkKind.Steady).ByMagnet().OnIPv6().JoiningBetween(0.Seconds, 40.Seconds))
            .Between(3.Seconds, 60.Seconds, Faults.Kill(Who.One("leecher"), 2.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("private-torrent", "A private torrent is shared by its tracker's peers, and strangers who ask for its metadata get none.")
            .Sharing(content => content.Private())
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Steady))
            .Between(0.Seconds, 5.Seconds, Faults.PeersCome(1, PeerManners.Stranger with { Name = "asking for metadata", AsksMetadata = true }))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("rate-limits", "Nodes keep to the rates that their users allow, both ways, and use them.")
            .Sharing(content => content.OfSize(1.MiB, 2.MiB))
            .Seeds(1, seed => seed.On(LinkKind.Fast))
            .Leechers(3, 5, leecher => leecher.On(LinkKind.Fast).LimitedTo(Limit, Limit))
            .Always("Nobody goes beyond its limits", run => run["leecher"].All(node => IsWithin(node, run)))
            .EveryoneCompletes(within: 3.Minutes),

        new SwarmScenario("many-small-files", "Hundreds of files of odd sizes, empty ones too, share pieces and blocks.")
            .Sharing(content => content.InFiles(200, 400))
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady))
            .Between(2.Seconds, 10.Seconds, Faults.Crash(Who.One("leecher"), 3.Seconds))
            .EveryoneCompletes(within: 1.Hours),

        new SwarmScenario("sequential", "Some fetch in order and some by rarity, and neither starves the other.")
            .Seeds(1, seed => seed.On(LinkKind.Steady))
            .Leechers(1, 3, viewer => viewer.Named("viewer").On(LinkKind.Steady).Sequentially())
            .Leechers(2, 4, leecher => leecher.On(LinkKind.Steady))
            .EveryoneCompletes(within: 1.Hours),
    ];

    private static bool IsWithin(SimNode node, SwarmRun run)
    {
        var allowed = (Limit * run.World.Now.TotalSeconds) + Burst;
        return node.Status(run.Content) is not { } status || (status.Downloaded <= allowed && status.Uploaded <= allowed);
    }
}
