using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class IdleHeapTests
{
    private const long Worth = IdleHeap.WorthBytes;
    private const long Quiet = IdleHeap.QuietBytes;

    [Fact]
    public void Garbage_is_collected_once_when_the_process_becomes_quiet()
    {
        var heap = new IdleHeap();
        heap.IsDue(10 * Worth, 0).ShouldBeFalse("that much in one sweep is work");
        heap.IsDue(10 * Worth, 0).ShouldBeTrue();
        heap.IsDue(10 * Worth, 1).ShouldBeFalse("it was collected");
        heap.IsDue((10 * Worth) + Quiet - 1, 1).ShouldBeFalse("that little is not worth it");
    }

    [Fact]
    public void Who_is_busy_is_not_stopped()
    {
        var heap = new IdleHeap();
        for (var sweep = 1L; sweep < 100; sweep++) heap.IsDue(sweep * Quiet, 0).ShouldBeFalse();
        heap.IsDue((99 * Quiet) + Quiet - 1, 0).ShouldBeTrue();
    }

    [Fact]
    public void A_collection_of_the_collectors_own_begins_the_count_anew()
    {
        var heap = new IdleHeap();
        heap.IsDue(10 * Worth, 0);
        heap.IsDue(10 * Worth, 1).ShouldBeFalse();
    }

    [Fact]
    public void Little_by_little_adds_up()
    {
        var heap = new IdleHeap();
        Enumerable.Range(1, 100).Count(sweep => heap.IsDue(sweep * (Quiet - 1), 0)).ShouldBe(20, "four of them are a little less than what is worth it");
    }
}
