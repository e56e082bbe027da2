using Swarm.Actors.Trackers;

namespace Swarm.Tests.Actors.Trackers;

public class TrackerLanesTests
{
    [Fact]
    public void A_lane_has_its_places_and_keeps_the_order()
    {
        var lanes = new TrackerLanes<string>(places: 2, maxQueued: 10);
        foreach (var job in new[] { "a1", "a2", "a3", "a4" }) lanes.TryAdd("a", job).ShouldBeTrue();
        Start(lanes).ShouldBe(["a1", "a2"]);
        lanes.Finish("a");
        Start(lanes).ShouldBe(["a3"]);
        lanes.Finish("a");
        lanes.Finish("a");
        Start(lanes).ShouldBe(["a4"]);
    }

    [Fact]
    public void Lanes_take_turns()
    {
        var lanes = new TrackerLanes<string>(places: 3, maxQueued: 10);
        foreach (var job in new[] { "a1", "a2", "a3", "b1", "b2", "c1" }) lanes.TryAdd(job[..1], job).ShouldBeTrue();
        Start(lanes).ShouldBe(["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    [Fact]
    public void A_queue_at_its_limit_is_taken_and_one_more_is_not()
    {
        var lanes = new TrackerLanes<string>(places: 1, maxQueued: 2);
        lanes.TryAdd("a", "1").ShouldBeTrue();
        Start(lanes).ShouldBe(["1"]);
        lanes.TryAdd("a", "2").ShouldBeTrue();
        lanes.TryAdd("a", "3").ShouldBeTrue();
        lanes.TryAdd("a", "4").ShouldBeFalse();
        lanes.TryAdd("b", "5").ShouldBeTrue();
        lanes.Finish("a");
        Start(lanes).ShouldBe(["5", "2"]);
        lanes.TryAdd("a", "4").ShouldBeTrue();
    }

    private static List<string> Start(TrackerLanes<string> lanes)
    {
        var started = new List<string>();
        while (lanes.TryStart(out var job)) started.Add(job);
        return started;
    }
}
