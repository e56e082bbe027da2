using Swarm.Actors.Torrents;
using Swarm.TestKit.Scenarios;
using Swarm.TestKit.World;

namespace Swarm.Tests.Simulations;

/// <summary>Swarm is broken on purpose, and the scenarios must notice within a few seeds: what is watched can fail.</summary>
public sealed class MutationTests
{
    /// <summary>Within so many seeds each mutation is caught.</summary>
    private const int MaxSeeds = 5;

    private static readonly PieceIndex Unlucky = new(1);

    [Fact]
    public void A_hash_check_that_is_skipped_is_caught() =>
        ShouldBeCaught("corrupting-peers", "Every byte that a node calls verified", world => ForEachNode(world, node => node.Disk.Settings = node.Disk.Settings with { SkipsHashCheck = true }));

    [Fact]
    public void A_flush_that_keeps_nothing_is_caught() =>
        ShouldBeCaught("flash-crowd", "What is recorded as kept is kept", world => ForEachNode(world, node => node.Disk.Settings = node.Disk.Settings with { LosesFlush = true }));

    [Fact]
    public void A_slab_that_is_not_given_back_is_caught() => ShouldBeCaught("sequential", "Who stops gives everything back", world =>
    {
        var isLeaked = false;
        world.Simulation.Tamper = turn =>
        {
            if (!isLeaked && turn.Message is PiecesActor.BlocksReceived { Blocks: [var block, ..] })
            {
                isLeaked = true;
                block.First.Slab!.Retain();
            }

            return turn.Message;
        };
    });

    [Fact]
    public void A_picker_that_never_asks_for_the_last_block_of_a_piece_is_caught() =>
        ShouldBeCaught("connections-reset", "Once nothing is wrong any more", world => world.Simulation.Tamper = turn => turn.Message is PeerActor.Request request
            ? request with { Blocks = request.Blocks.RemoveAll(block => block.Piece == Unlucky && IsLast(world, block)) }
            : turn.Message);

    [Fact]
    public void A_picker_that_does_not_give_back_what_a_peer_had_been_asked_is_caught() =>
        ShouldBeCaught("connections-reset", "Once nothing is wrong any more", world => world.Simulation.Tamper = turn => turn.Message is PiecesActor.PeerLeft or PiecesActor.RequestsEnded ? null : turn.Message);

    [Fact]
    public void A_picker_that_asks_for_what_is_there_is_caught() => ShouldBeCaught("without-tracker", "A verified piece stays verified", world =>
    {
        var first = new SortedDictionary<string, PieceIndex>(StringComparer.Ordinal);
        world.Simulation.Tamper = turn =>
        {
            if (turn.Message is not PiecesActor.Verified verified || first.TryAdd(turn.System.Name, verified.Pieces[0])) return turn.Message;
            return verified with { Pieces = [first[turn.System.Name]] };
        };
    });

    [Fact]
    public void A_record_of_pieces_that_nobody_has_is_caught() =>
        ShouldBeCaught("crash-and-resume", "What is recorded as kept is kept", world => world.Simulation.Tamper = turn => turn.Message is PiecesActor.Checkpointed checkpoint
            ? checkpoint with { Verified = [.. checkpoint.Verified.Select((_, index) => index == 0 ? (byte)0x80 : checkpoint.Verified[index])] }
            : turn.Message);

    private static void ShouldBeCaught(string scenario, string promise, Action<SimWorld> breakIt)
    {
        var told = ScenarioLibrary.Find(scenario).ShouldNotBeNull().EveryoneCompletes(within: 10.Minutes);
        for (var seed = 1; seed <= MaxSeeds; seed++)
        {
            if (told.Play(seed, breakIt).Failure is not { } failure) continue;
            failure.Promise.ShouldStartWith(promise, customMessage: failure.Text);
            return;
        }

        Assert.Fail($"None of {MaxSeeds} seeds of {scenario} noticed.");
    }

    private static void ForEachNode(SimWorld world, Action<SimNode> action)
    {
        foreach (var node in world.Nodes) action(node);
    }

    private static bool IsLast(SimWorld world, BlockRequest block)
    {
        var geometry = world.Nodes[0].Torrents[0].Content.Geometry;
        return block == geometry.RequestFor(block.Piece, new BlockIndex(geometry.BlocksIn(block.Piece) - 1));
    }
}
