using Swarm.TestKit.Peers;
using Swarm.TestKit.World;
using Swarm.Tests.TestKit.World;

namespace Swarm.Tests.TestKit.Peers;

public sealed class FakeTrackerTests
{
    private readonly SimWorld _world = new(4);
    private readonly FakeTracker _tracker;

    public FakeTrackerTests() => _tracker = _world.AddTracker("tracker");

    public static TheoryData<TrackerMood, bool> Moods
    {
        get
        {
            var moods = new TheoryData<TrackerMood, bool>();
            foreach (var mood in Enum.GetValues<TrackerMood>())
            {
                moods.Add(mood, false);
                moods.Add(mood, true);
            }

            return moods;
        }
    }

    [Theory]
    [MemberData(nameof(Moods))]
    public void A_swarm_comes_together_once_its_tracker_is_honest_again(TrackerMood mood, bool udp)
    {
        _tracker.Settings = _tracker.Settings with { Mood = mood, Interval = TimeSpan.FromSeconds(60) };
        var leecher = Swarm(udp);
        _world.RunFor(TimeSpan.FromMinutes(2));
        leecher.IsComplete.ShouldBe(mood == TrackerMood.Honest);
        _world.HealEverything();
        _world.MustConverge(TimeSpan.FromHours(2));
        _world.StopAll();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tracker_that_is_down_is_found_when_it_is_up_again(bool udp)
    {
        _tracker.IsUp = false;
        var leecher = Swarm(udp);
        _world.At(TimeSpan.FromMinutes(3), () => _tracker.IsUp = true);
        _world.RunFor(TimeSpan.FromMinutes(3));
        _tracker.Announces.ShouldBe(0);
        leecher.Status(leecher.Torrents[0].Content)!.Trackers.ShouldHaveSingleItem().Error.ShouldNotBeNull();
        _world.MustConverge(TimeSpan.FromHours(2));
        _world.StopAll();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_slow_tracker_is_waited_for(bool udp)
    {
        _tracker.Settings = _tracker.Settings with { Delay = TimeSpan.FromSeconds(10) };
        Swarm(udp);
        _world.MustConverge(Worlds.Patience);
        _world.Now.ShouldBeGreaterThan(TimeSpan.FromSeconds(10));
    }

    private SimNode Swarm(bool udp)
    {
        var content = Worlds.SmallContent(udp ? _tracker.Udp : _tracker.Http);
        _world.AddNode("seed").AddSeed(content);
        var leecher = _world.AddNode("leecher");
        leecher.Add(content);
        _world.StartAll();
        return leecher;
    }
}
