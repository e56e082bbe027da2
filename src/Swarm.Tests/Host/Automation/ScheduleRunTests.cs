using Swarm.Actors.Automation;
using Swarm.Host.Automation;
using Swarm.Tests.Host.Api;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Host.Automation;

public sealed class ScheduleRunTests
{
    [Fact]
    public void Limits_are_set_when_a_window_begins_and_ends_and_left_alone_between()
    {
        var clock = new SettableClock();
        var set = new List<(long, long)>();
        var schedule = new LimitSchedule([new LimitWindowSettings { From = "11:00", To = "12:00", DownloadLimit = 5, UploadLimit = 6 }], TimeZoneInfo.Utc);
        var run = new ScheduleRun(schedule, () => (1, 2), (download, upload) => set.Add((download, upload)), clock, new ListLoggerFactory());
        run.Look();
        set.ShouldBeEmpty();
        clock.Advance(TimeSpan.FromHours(11));
        run.Look();
        run.Look();
        set.ShouldBe([(5, 6)]);
        clock.Advance(TimeSpan.FromHours(1));
        run.Look();
        run.Look();
        set.ShouldBe([(5, 6), (1, 2)]);
    }
}
