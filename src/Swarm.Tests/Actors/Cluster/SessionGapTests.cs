using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>A session that ends before anybody looks at it, as when the process stands still, and is renewed in the same moment: a member alone among probes.</summary>
public sealed class SessionGapTests
{
    private static readonly MemberId Self = new("n1:1", 1);

    // Nobody looks at the session by himself while the test lasts.
    private static readonly ClusterSettings Settings = new()
    {
        Name = "c",
        EndPoint = "n1:1",
        Traits = Some.Traits("n1"),
        Folder = "/content",
        Membership = MembershipSettings.Default with { HeartbeatInterval = TimeSpan.FromMinutes(1), SuspectAfter = TimeSpan.FromMinutes(2) },
    };

    private readonly SimHarness _harness = new();
    private readonly IActorRef _table;
    private readonly List<object> _asked;
    private readonly List<object> _told = [];
    private IActorRef _members = null!;

    public SessionGapTests()
    {
        (_table, _asked) = _harness.Probe("table");
        var props = MembersActor.Props(Settings, _table, new NoSpace(), _harness.Sim.Time, new ListLoggerFactory());
        _harness.Actor(new Script { OnPreStart = parent => _members = parent.Ctx.ActorOf(props, "members"), OnMessage = (_, message) => _told.Add(message) }, "cluster");
        _harness.Run();
        _harness.TellAndRun(_members, new ISpace.Measured(1L << 40));
        Answer<ClusterCommand.Join>(new ClusterOutcome.Joined(Self));
        Sessions().ShouldBe([SessionState.Writing]);
    }

    [Fact]
    public void One_that_is_renewed_in_time_goes_on()
    {
        Pass(Settings.Membership.RenewInterval + TimeSpan.FromSeconds(1));
        Answer<ClusterCommand.Renew>(new ClusterOutcome.Done());
        Sessions().ShouldBe([SessionState.Writing]);
    }

    [Fact]
    public void One_that_ended_before_it_was_renewed_has_ended_for_those_who_write()
    {
        Pass(Settings.Membership.SessionLease);
        Sessions().ShouldBe([SessionState.Writing], "nobody has looked");
        Answer<ClusterCommand.Renew>(new ClusterOutcome.Done());
        Sessions().ShouldBe([SessionState.Writing, SessionState.None, SessionState.Writing]);
    }

    private SessionState[] Sessions() => [.. _told.OfType<MembersActor.SessionChanged>().Select(static changed => changed.State)];

    private void Pass(TimeSpan time) => _harness.Sim.AdvanceBy(time);

    // As if it had been asked just now.
    private void Answer<T>(ClusterOutcome outcome)
        where T : ClusterCommand
    {
        _harness.Run();
        var run = _asked.OfType<TableActor.Run>().Last(run => run.Command is T);
        _harness.TellAndRun(_members, new TableActor.Ran(run.Tag, outcome, _harness.Sim.Time.GetElapsedTime(0).Ticks));
    }

    private sealed class NoSpace : ISpace
    {
        public void Measure(string folder, IActorRef replyTo)
        {
            // The test says how much there is.
        }
    }
}
