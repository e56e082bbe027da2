using Swarm.Io.Net;

namespace Swarm.Tests.Io.Net;

public sealed class IdleHeapTests
{
    private const long Worth = IdleHeap.WorthBytes;
    private const long Quiet = IdleHeap.QuietBytes;

    [Fact]
    public void Memory_is_given_back_once_when_the_process_has_been_quiet_for_two_sweeps()
    {
        var heap = new IdleHeap();
        heap.IsDue(10 * Worth, 0).ShouldBeFalse("that much in one sweep is work");
        heap.IsDue(10 * Worth, 0).ShouldBeFalse("it may be a pause");
        heap.IsDue(10 * Worth, 0).ShouldBeTrue();
        heap.Collected(Worth);
        heap.IsDue(10 * Worth, 0).ShouldBeFalse("it was collected");
        heap.IsDue((10 * Worth) + Quiet - 1, 0).ShouldBeFalse("that little is not worth it");
    }

    [Fact]
    public void Who_allocates_is_not_stopped()
    {
        var heap = new IdleHeap();
        for (var sweep = 1L; sweep < 100; sweep++) heap.IsDue(sweep * Quiet, 0).ShouldBeFalse();
        heap.IsDue((99 * Quiet) + Quiet - 1, 0).ShouldBeFalse();
        heap.IsDue(100 * Quiet, 0).ShouldBeTrue();
    }

    [Fact]
    public void Who_transfers_is_not_stopped_however_little_that_allocates()
    {
        var heap = new IdleHeap();
        heap.IsDue(10 * Worth, 0);
        for (var sweep = 1L; sweep < 100; sweep++) heap.IsDue(10 * Worth, sweep * IdleHeap.QuietMoved).ShouldBeFalse();
        heap.IsDue(10 * Worth, 100 * IdleHeap.QuietMoved - 1).ShouldBeFalse();
        heap.IsDue(10 * Worth, 100 * IdleHeap.QuietMoved).ShouldBeTrue();
    }

    [Fact]
    public void A_pause_shorter_than_two_sweeps_is_none()
    {
        var heap = new IdleHeap();
        for (var sweep = 1L; sweep < 100; sweep++) heap.IsDue(10 * Worth, sweep / 2 * IdleHeap.QuietMoved).ShouldBeFalse();
    }

    [Fact]
    public void Little_by_little_adds_up()
    {
        var heap = new IdleHeap();
        var due = 0;
        for (var sweep = 1; sweep <= 100; sweep++)
        {
            if (!heap.IsDue(sweep * (Quiet - 1), 0)) continue;
            heap.Collected(0);
            due++;
        }

        due.ShouldBe(20, "four of them are a little less than what is worth it");
    }

    [Fact]
    public void The_more_is_in_use_the_more_must_have_been_allocated()
    {
        var heap = new IdleHeap();
        heap.Collected(40 * Worth);
        heap.IsDue(9 * Worth, 0);
        heap.IsDue(9 * Worth, 0);
        heap.IsDue(9 * Worth, 0).ShouldBeFalse("a quarter of what is in use is not reached");
        heap.IsDue(10 * Worth, 0);
        heap.IsDue(10 * Worth, 0);
        heap.IsDue(10 * Worth, 0).ShouldBeTrue();
    }
}
