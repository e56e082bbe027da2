using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

public sealed class MembershipTableTests
{
    private static readonly TimeSpan Votes = TimeSpan.FromSeconds(30);

    [Fact]
    public void Who_joins_is_joining_with_a_session_and_a_generation_that_nobody_had()
    {
        var tables = Some.Up(2).Run(new ClusterCommand.Join("n3:1", Some.Traits("c"), Some.Lease, 7), 100, out var outcome);
        var id = outcome.ShouldBeOfType<ClusterOutcome.Joined>().Member;
        id.ShouldBe(new MemberId("n3:1", 3));
        var member = tables.Membership.Members[id];
        member.State.ShouldBe(MemberState.Joining);
        member.HasSession(129 * Some.Second).ShouldBeTrue();
        member.HasSession(130 * Some.Second).ShouldBeFalse();
        member.FreeBytes.ShouldBe(7);
    }

    [Fact]
    public void Who_joins_at_an_end_point_supersedes_who_was_there()
    {
        var tables = Some.Up(2);
        var before = tables.Id(1);
        tables = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0), 1, out var outcome);
        ((ClusterOutcome.Joined)outcome).Member.Generation.ShouldBe(3);
        tables.Membership.Members.ContainsKey(before).ShouldBeFalse();
        tables.Run(new ClusterCommand.Renew(before, Some.Lease, 0), 2, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public void A_process_that_joins_anew_has_a_greater_generation_also_in_tables_that_were_set_back()
    {
        var tables = Some.Up(2);
        tables = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0) { LastGeneration = 9 }, 1, out var outcome);
        outcome.ShouldBe(new ClusterOutcome.Joined(new MemberId("n1:1", 10)));
        tables = tables.Run(new ClusterCommand.Join("n2:1", Some.Traits("n2"), Some.Lease, 0) { LastGeneration = 2 }, 1, out outcome);
        outcome.ShouldBe(new ClusterOutcome.Joined(new MemberId("n2:1", 11)));
        tables.Membership.LastGeneration.ShouldBe(11);
    }

    [Fact]
    public void A_cluster_at_its_limit_forgets_who_ended_first_and_else_refuses()
    {
        var table = MembershipTable.Empty;
        for (var i = 1; i <= ClusterLimits.MaxMembers; i++) table = table.Do(new ClusterCommand.Join($"n{i}:1", Some.Traits("s"), Some.Lease, 0), 0, out _);
        table.Do(new ClusterCommand.Join("one:1", Some.Traits("s"), Some.Lease, 0), 0, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>().Reason.ShouldContain($"{ClusterLimits.MaxMembers} members");
        table = table.Do(new ClusterCommand.SetState(new MemberId("n7:1", 7), MemberState.Left, table.Version), 0, out _);
        table = table.Do(new ClusterCommand.Join("one:1", Some.Traits("s"), Some.Lease, 0), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Joined>();
        table.Members.ContainsKey(new MemberId("n7:1", 7)).ShouldBeFalse();
    }

    [Fact]
    public void A_change_that_was_thought_of_under_another_version_is_a_conflict()
    {
        var tables = Some.Up(3);
        var old = tables.Membership.Version;
        var once = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Draining, old), 1, out var first);
        var twice = once.Run(new ClusterCommand.SetState(tables.Id(2), MemberState.Draining, old), 1, out var second);
        first.ShouldBeOfType<ClusterOutcome.Done>();
        second.ShouldBeOfType<ClusterOutcome.Conflict>();
        twice.ShouldBe(once);
    }

    [Theory]
    [InlineData(MemberState.Joining, MemberState.Up, true)]
    [InlineData(MemberState.Joining, MemberState.Draining, false)]
    [InlineData(MemberState.Joining, MemberState.Down, true)]
    [InlineData(MemberState.Up, MemberState.Draining, true)]
    [InlineData(MemberState.Up, MemberState.Joining, false)]
    [InlineData(MemberState.Draining, MemberState.Up, true)]
    [InlineData(MemberState.Draining, MemberState.Left, true)]
    [InlineData(MemberState.Down, MemberState.Up, false)]
    [InlineData(MemberState.Down, MemberState.Left, false)]
    [InlineData(MemberState.Left, MemberState.Up, false)]
    [InlineData(MemberState.Left, MemberState.Down, false)]
    public void Members_go_only_the_ways_there_are(MemberState from, MemberState to, bool goes)
    {
        var table = MembershipTable.Empty.Do(new ClusterCommand.Join("n1:1", Some.Traits("s"), Some.Lease, 0), 0, out _);
        var id = table.Members.Keys.Single();
        MemberState[] way = from switch
        {
            MemberState.Joining => [],
            MemberState.Draining => [MemberState.Up, MemberState.Draining],
            _ => [from],
        };
        foreach (var step in way) table = table.Do(new ClusterCommand.SetState(id, step, table.Version), 0, out _);
        table.Members[id].State.ShouldBe(from);
        table.Do(new ClusterCommand.SetState(id, to, table.Version), 0, out var outcome).Members[id].State.ShouldBe(goes ? to : from);
        (outcome is ClusterOutcome.Done).ShouldBe(goes);
    }

    [Fact]
    public void A_renewal_lengthens_and_never_shortens_a_session_and_makes_no_new_version()
    {
        var tables = Some.Up(1);
        var version = tables.Membership.Version;
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(1), Some.Lease, 5), 10);
        tables.Member(1).AliveUntilTicks.ShouldBe(40 * Some.Second);
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(1), TimeSpan.FromSeconds(1), 5), 11);
        tables.Member(1).AliveUntilTicks.ShouldBe(40 * Some.Second);
        tables.Membership.Version.ShouldBe(version);
    }

    [Fact]
    public void A_session_that_ran_out_can_be_renewed_as_long_as_nobody_has_declared_it()
    {
        var tables = Some.Up(1);
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(1), Some.Lease, 0), 1_000, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables.Member(1).HasSession(1_001 * Some.Second).ShouldBeTrue();
    }

    [Fact]
    public void As_many_fresh_votes_as_it_takes_make_a_member_down()
    {
        var tables = Some.Up(4);
        tables = Vote(tables, 4, by: 1, 1, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Done>();
        tables.Member(4).State.ShouldBe(MemberState.Up);
        Vote(tables, 4, by: 1, 2, out _).Member(4).State.ShouldBe(MemberState.Up, "one voter has one vote");
        tables = Vote(tables, 4, by: 2, 3, out _);
        tables.Member(4).State.ShouldBe(MemberState.Down);
        tables.Run(new ClusterCommand.Renew(tables.Id(4), Some.Lease, 0), 4, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Ended>();
    }

    [Fact]
    public void Votes_that_are_old_or_of_members_that_ended_do_not_count()
    {
        var tables = Vote(Some.Up(5), 5, by: 1, 0, out _);
        Renewed(tables, 31, out var late);
        Vote(late, 5, by: 2, 31, out _).Member(5).State.ShouldBe(MemberState.Up);
        tables = tables.Run(new ClusterCommand.SetState(tables.Id(1), MemberState.Down, tables.Membership.Version), 1);
        Vote(tables, 5, by: 2, 2, out _).Member(5).State.ShouldBe(MemberState.Up);
    }

    [Fact]
    public void Who_is_not_up_or_has_no_session_has_no_vote()
    {
        var tables = Some.Up(3);
        Vote(tables, 3, by: 1, 31, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
        tables = tables.Run(new ClusterCommand.Join("n1:1", Some.Traits("n1"), Some.Lease, 0), 1);
        Vote(tables, 3, by: 1, 1, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
    }

    [Fact]
    public void Expiry_is_declared_only_after_the_grace_and_by_one_with_a_session()
    {
        var tables = Some.Up(2);
        tables = tables.Run(new ClusterCommand.Renew(tables.Id(1), TimeSpan.FromMinutes(5), 0), 1);
        Declare(tables, 34.9, out var outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
        Declare(tables, 35, out _).Member(2).State.ShouldBe(MemberState.Down);
        Declare(tables, 302, out outcome).Member(2).State.ShouldBe(MemberState.Up);
        outcome.ShouldBeOfType<ClusterOutcome.Refused>();
    }

    private static ClusterTables Vote(ClusterTables tables, int on, int by, double seconds, out ClusterOutcome outcome) =>
        tables.Run(new ClusterCommand.Suspect(tables.Id(on), tables.Id(by), Votes, 2, tables.Membership.Version), seconds, out outcome);

    private static ClusterTables Declare(ClusterTables tables, double seconds, out ClusterOutcome outcome) =>
        tables.Run(new ClusterCommand.DeclareExpired(tables.Id(2), tables.Id(1), TimeSpan.FromSeconds(5), tables.Membership.Version), seconds, out outcome);

    private static void Renewed(ClusterTables tables, double seconds, out ClusterTables renewed)
    {
        renewed = tables;
        foreach (var id in tables.Membership.Members.Keys) renewed = renewed.Run(new ClusterCommand.Renew(id, Some.Lease, 0), seconds);
    }
}
