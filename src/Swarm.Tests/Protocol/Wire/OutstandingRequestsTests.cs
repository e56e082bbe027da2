using Swarm.Protocol.Wire;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class OutstandingRequestsTests
{
    private readonly OutstandingRequests _requests = new(new WireSettings { MaxOutstandingRequests = 3, MaxStaleRequests = 2 }, everyRequestIsAnswered: true);
    private readonly List<BlockRequest> _released = [];

    [Fact]
    public void Requests_are_bounded_and_each_is_there_once()
    {
        _requests.TryAdd(Block(0), 1).ShouldBeTrue();
        _requests.TryAdd(Block(0), 1).ShouldBeFalse();
        _requests.TryAdd(Block(0, 16384), 1).ShouldBeTrue();
        _requests.TryAdd(Block(1), 1).ShouldBeTrue();
        _requests.TryAdd(Block(2), 1).ShouldBeFalse();
        _requests.Count.ShouldBe(3);
    }

    [Fact]
    public void Block_arrives_once_as_expected_and_then_as_unasked()
    {
        _requests.TryAdd(Block(5), 42);
        _requests.BeginArrival(Block(5), out var sent).ShouldBe(BlockArrival.Expected);
        sent.ShouldBe(42);
        _requests.Contains(Piece(5), 0).ShouldBeTrue();
        _requests.Count.ShouldBe(1);
        _requests.EndArrival();
        _requests.Count.ShouldBe(0);
        _requests.BeginArrival(Block(5), out _).ShouldBe(BlockArrival.Unasked);
    }

    [Fact]
    public void Block_of_another_length_was_not_asked_for()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.BeginArrival(Block(5, 0, 16383), out _).ShouldBe(BlockArrival.Unasked);
        _requests.BeginArrival(Block(5, 1), out _).ShouldBe(BlockArrival.Unasked);
        _requests.Contains(Piece(5), 0).ShouldBeTrue();
    }

    [Fact]
    public void Cancelled_block_that_still_comes_is_late_once()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.Cancel(Piece(5), 0, 1).ShouldBeTrue();
        _requests.Cancel(Piece(5), 0, 1).ShouldBeFalse();
        _requests.BeginArrival(Block(5), out _).ShouldBe(BlockArrival.Late);
        _requests.BeginArrival(Block(5), out _).ShouldBe(BlockArrival.Unasked);
    }

    [Fact]
    public void Block_that_is_arriving_cannot_be_cancelled_or_asked_for_again()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.BeginArrival(Block(5), out _);
        _requests.Cancel(Piece(5), 0, 1).ShouldBeFalse();
        _requests.TryAdd(Block(5), 1).ShouldBeFalse();
        _requests.ReleaseAll(1, _released);
        _released.ShouldBeEmpty();
    }

    [Fact]
    public void Reject_after_cancel_and_new_request_answers_the_cancelled_one()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.Cancel(Piece(5), 0, 1);
        _requests.TryAdd(Block(5), 2).ShouldBeTrue();
        _requests.Reject(Piece(5), 0, out _).ShouldBe(RejectMatch.Stale);
        _requests.BeginArrival(Block(5), out var sent).ShouldBe(BlockArrival.Expected);
        sent.ShouldBe(2);
    }

    [Fact]
    public void Block_and_reject_after_cancel_and_new_request_are_both_accounted_for()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.Cancel(Piece(5), 0, 1);
        _requests.TryAdd(Block(5), 2);
        _requests.BeginArrival(Block(5), out _).ShouldBe(BlockArrival.Expected);
        _requests.EndArrival();
        _requests.Reject(Piece(5), 0, out _).ShouldBe(RejectMatch.Stale);
        _requests.Reject(Piece(5), 0, out _).ShouldBe(RejectMatch.Unknown);
    }

    [Fact]
    public void Without_the_fast_extension_a_reject_means_the_request_that_is_waited_for()
    {
        var requests = new OutstandingRequests(WireSettings.Default, everyRequestIsAnswered: false);
        requests.TryAdd(Block(5), 0);
        requests.ReleaseAll(1, _released);
        requests.TryAdd(Block(5), 2);
        requests.Reject(Piece(5), 0, out _).ShouldBe(RejectMatch.Outstanding);
    }

    [Fact]
    public void Reject_frees_the_request()
    {
        _requests.TryAdd(Block(5), 0);
        _requests.Reject(Piece(5), 0, out var block).ShouldBe(RejectMatch.Outstanding);
        block.ShouldBe(Block(5));
        _requests.Count.ShouldBe(0);
        _requests.Reject(Piece(5), 0, out _).ShouldBe(RejectMatch.Unknown);
    }

    [Fact]
    public void Release_gives_back_in_order_of_sending_and_remembers()
    {
        _requests.TryAdd(Block(3), 1);
        _requests.TryAdd(Block(1), 2);
        _requests.OldestTicks.ShouldBe(1);
        _requests.ReleaseAll(5, _released);
        _released.ShouldBe([Block(3), Block(1)]);
        _requests.OldestTicks.ShouldBeNull();
        _requests.BeginArrival(Block(1), out _).ShouldBe(BlockArrival.Late);
    }

    [Fact]
    public void Only_requests_of_the_piece_or_before_the_time_are_released()
    {
        _requests.TryAdd(Block(3), 1);
        _requests.TryAdd(Block(1), 2);
        _requests.TryAdd(Block(3, 16384), 3);
        _requests.ReleasePiece(Piece(1), 5, _released);
        _requests.ReleaseOlder(3, 5, _released);
        _released.ShouldBe([Block(1), Block(3)]);
        _requests.Contains(Piece(3), 16384).ShouldBeTrue();
    }

    [Fact]
    public void Oldest_stale_request_is_forgotten_above_the_bound_and_counted()
    {
        for (var piece = 0; piece < 3; piece++) _requests.TryAdd(Block(piece), 0);
        _requests.Cancel(Piece(0), 0, 1);
        _requests.Cancel(Piece(1), 0, 1);
        _requests.Forgotten.ShouldBe(0);
        _requests.Cancel(Piece(2), 0, 1);
        _requests.Forgotten.ShouldBe(1);
        _requests.StaleCount.ShouldBe(2);
        _requests.BeginArrival(Block(0), out _).ShouldBe(BlockArrival.Unasked);
        _requests.BeginArrival(Block(2), out _).ShouldBe(BlockArrival.Late);
    }

    [Fact]
    public void Close_gives_back_everything_with_the_block_that_was_arriving()
    {
        _requests.TryAdd(Block(1), 0);
        _requests.TryAdd(Block(2), 0);
        _requests.BeginArrival(Block(2), out _);
        _requests.Close(_released);
        _released.ShouldBe([Block(2), Block(1)]);
        _requests.Count.ShouldBe(0);
    }

    [Fact]
    public void Table_behaves_as_a_list_of_requests_in_any_sequence_of_operations()
    {
        var random = new Random(3);
        var settings = new WireSettings { MaxOutstandingRequests = 40 };
        var table = new OutstandingRequests(settings, everyRequestIsAnswered: true);
        var model = new List<BlockRequest>();
        for (var step = 0; step < 20_000; step++)
        {
            var block = Block(random.Next(8), 16384 * random.Next(8));
            switch (random.Next(4))
            {
                case 0 or 1:
                    var fits = model.Count < 40 && !model.Contains(block);
                    table.TryAdd(block, step).ShouldBe(fits);
                    if (fits) model.Add(block);
                    break;
                case 2:
                    table.Cancel(block.Piece, block.Begin, step).ShouldBe(model.Remove(block));
                    break;
                default:
                    (table.BeginArrival(block, out _) == BlockArrival.Expected).ShouldBe(model.Remove(block));
                    table.EndArrival();
                    break;
            }

            table.Count.ShouldBe(model.Count);
        }

        var left = new List<BlockRequest>();
        table.CopyTo(left);
        left.ShouldBe(model);
    }
}
