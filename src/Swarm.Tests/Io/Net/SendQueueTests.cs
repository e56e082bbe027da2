using System.Buffers.Binary;
using Swarm.Actors.Ports;
using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class SendQueueTests
{
    private static readonly StorageId Storage = new(1);

    [Fact]
    public void Bytes_are_taken_up_to_the_limit_and_all_or_nothing()
    {
        var queue = new SendQueue(100, 1, 1);
        queue.TryAppend(new byte[60]).ShouldBeTrue();
        queue.TryAppend(new byte[41]).ShouldBeFalse();
        queue.OtherBytes.ShouldBe(60);
        queue.TryAppend(new byte[40]).ShouldBeTrue();
        queue.TryAppend(new byte[1]).ShouldBeFalse();
    }

    [Fact]
    public void Blocks_are_taken_up_to_both_limits()
    {
        var byCount = new SendQueue(1, 2, 1000);
        byCount.TryAppend(Storage, Range(0, 10)).ShouldBeTrue();
        byCount.TryAppend(Storage, Range(10, 10)).ShouldBeTrue();
        byCount.TryAppend(Storage, Range(20, 10)).ShouldBeFalse();
        var byBytes = new SendQueue(1, 10, 20);
        byBytes.TryAppend(Storage, Range(0, 20)).ShouldBeTrue();
        byBytes.TryAppend(Storage, Range(20, 1)).ShouldBeFalse();
        byBytes.TryCancel(Range(0, 20)).ShouldBeTrue();
        byBytes.IsEmpty.ShouldBeTrue();
        byBytes.TryAppend(Storage, Range(20, 20)).ShouldBeTrue();
    }

    [Fact]
    public void Request_and_cancel_in_turns_take_no_memory()
    {
        var queue = new SendQueue(100, 10, 1000);
        queue.TryAppend(Storage, Range(0, 1)).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100_000; i++)
        {
            queue.TryAppend(Storage, Range(5, 7)).ShouldBeTrue();
            queue.TryCancel(Range(5, 7)).ShouldBeTrue();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000_000, "only what the assertions themselves allocate");
        queue.Blocks.ShouldBe(1);
    }

    /// <summary>Against a list as the model: any mix of appends, cancels, composes of any size and partial sends gives the wire's bytes in order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_calls_gives_the_bytes_of_a_plain_list(int seed)
    {
        var random = new Random(seed);
        var queue = new SendQueue(4000, 40, 100_000);
        var plan = new SendPlan(32 << 10);
        using var blocks = new FakeBlocks();
        var content = new byte[100_000];
        random.NextBytes(content);
        var storage = blocks.Add(content);
        var model = new List<(BlockRequest? Block, byte[] Bytes)>();
        var gone = 0;
        var tally = default(SendTally);
        var finished = default((int Blocks, long Bytes));
        for (var step = 0; step < 5000; step++)
        {
            var bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            var block = Range(random.Next(90_000), random.Next(1, 9000));
            switch (random.Next(5))
            {
                case 0:
                    if (queue.TryAppend(bytes)) model.Add((null, bytes));
                    break;
                case 1:
                    if (queue.TryAppend(storage, block)) model.Add((block, Message(content, block)));
                    break;
                case 2 when model.Count > 0:
                    var victim = model[random.Next(model.Count)];
                    if (victim.Block is null) break;
                    var index = model.FindIndex(item => item.Block == victim.Block);
                    var expected = index > 0 || gone == 0;
                    queue.TryCancel(victim.Block.Value).ShouldBe(expected || model.FindIndex(1, item => item.Block == victim.Block) > 0);
                    if (!expected) index = model.FindIndex(1, item => item.Block == victim.Block);
                    if (index >= 0) model.RemoveAt(index);
                    break;
                default:
                    queue.Compose(plan, random.Next(1, 20_000));
                    plan.Fill(blocks).ShouldBeNull();
                    var wire = model.SelectMany(item => item.Bytes).Skip(gone).Take(plan.Length).ToArray();
                    plan.Composed.SequenceEqual(wire).ShouldBeTrue();
                    var sent = random.Next(plan.Length + 1);
                    queue.Advance(sent, 0, ref tally);
                    gone += sent;
                    while (model.Count > 0 && gone >= model[0].Bytes.Length)
                    {
                        if (model[0].Block is { } whole) finished = (finished.Blocks + 1, finished.Bytes + whole.Length);
                        gone -= model[0].Bytes.Length;
                        model.RemoveAt(0);
                    }

                    break;
            }

            queue.IsEmpty.ShouldBe(model.Count == 0);
            queue.Blocks.ShouldBe(model.Count(item => item.Block is not null));
        }

        (tally.Blocks, tally.BlockBytes).ShouldBe(finished);
        blocks.CloseHandle(storage).ShouldBeTrue("every lease was given back");
    }

    [Fact]
    public void What_is_under_way_cannot_be_cancelled()
    {
        var queue = new SendQueue(100, 10, 1000);
        var plan = new SendPlan(32 << 10);
        var tally = default(SendTally);
        for (var i = 0; i < 3; i++) queue.TryAppend(Storage, Range(i * 10, 10));
        queue.Compose(plan, 40);
        queue.TryCancel(Range(10, 10)).ShouldBeFalse("a part of it is composed");
        queue.TryCancel(Range(20, 10)).ShouldBeTrue();
        queue.Advance(0, 5, ref tally);
        queue.TryCancel(Range(0, 10)).ShouldBeFalse("five bytes of it are under way");
        queue.TryCancel(Range(10, 10)).ShouldBeTrue();
    }

    private static BlockRequest Range(int begin, int length) => new(new PieceIndex(0), begin, length);

    private static byte[] Message(byte[] content, BlockRequest block)
    {
        var message = new byte[13 + block.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, 9 + block.Length);
        message[4] = 7;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(9), block.Begin);
        content.AsSpan(block.Begin, block.Length).CopyTo(message.AsSpan(13));
        return message;
    }
}
