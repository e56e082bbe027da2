using Swarm.Protocol.Wire;
using static Swarm.Tests.Protocol.Wire.WireSamples;

namespace Swarm.Tests.Protocol.Wire;

public class UploadQueueTests
{
    private readonly UploadQueue _queue = new(new WireSettings { MaxQueuedUploads = 3 });

    [Fact]
    public void Requests_are_taken_in_order_of_arrival()
    {
        _queue.Add(Block(2), 0);
        _queue.Add(Block(1), 0);
        _queue.TryPeek(out var oldest).ShouldBeTrue();
        oldest.ShouldBe(Block(2));
        _queue.TryTake(out _).ShouldBeTrue();
        _queue.TryTake(out var second).ShouldBeTrue();
        second.ShouldBe(Block(1));
        _queue.TryTake(out _).ShouldBeFalse();
        _queue.Bytes.ShouldBe(0);
    }

    [Fact]
    public void Queue_takes_its_bound_and_refuses_one_more()
    {
        for (var piece = 0; piece < 3; piece++) _queue.Add(Block(piece), 0).ShouldBe(UploadAdmission.Queued);
        _queue.Add(Block(3), 0).ShouldBe(UploadAdmission.Full);
        _queue.Count.ShouldBe(3);
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        var queue = new UploadQueue(new WireSettings { MaxQueuedUploadBytes = 128 * 1024 });
        queue.Add(Block(0, 0, 128 * 1024), 0).ShouldBe(UploadAdmission.Queued);
        queue.Add(Block(1, 0, 1), 0).ShouldBe(UploadAdmission.Full);
        queue.Remove(Block(0, 0, 128 * 1024)).ShouldBeTrue();
        queue.Add(Block(1, 0, 1), 0).ShouldBe(UploadAdmission.Queued);
    }

    [Fact]
    public void Same_request_twice_is_a_duplicate_and_another_length_a_conflict()
    {
        _queue.Add(Block(1), 0);
        _queue.Add(Block(1), 0).ShouldBe(UploadAdmission.Duplicate);
        _queue.Add(Block(1, 0, 100), 0).ShouldBe(UploadAdmission.Conflict);
        _queue.Remove(Block(1, 0, 100)).ShouldBeFalse();
        _queue.Count.ShouldBe(1);
    }

    [Fact]
    public void All_but_the_kept_pieces_are_dropped_in_order()
    {
        for (var piece = 0; piece < 3; piece++) _queue.Add(Block(piece), 0);
        var dropped = new List<BlockRequest>();
        _queue.DropAll(piece => piece.Value == 1, dropped);
        dropped.ShouldBe([Block(0), Block(2)]);
        _queue.TryPeek(out var left).ShouldBeTrue();
        left.ShouldBe(Block(1));
        _queue.Bytes.ShouldBe(PieceGeometry.BlockSize);
    }
}
