using System.Net;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>Tables that count less than a view has seen: they were restored, or another database took over.</summary>
public sealed class SetBackTablesTests
{
    // Whichever of the numbers shows it.
    [Theory]
    [InlineData("torrent")]
    [InlineData("ban")]
    [InlineData("member")]
    public void A_view_of_tables_that_are_set_back_is_read_anew_and_has_what_there_is(string what)
    {
        var old = Some.Up(1).WithTorrent(1).WithTorrent(2).Run(new ClusterCommand.SetBan(new Ban(IPAddress.Loopback, Some.Lease, "")));
        var tables = what switch
        {
            "torrent" => old.WithTorrent(3).WithTorrent(4),
            "ban" => old.Run(new ClusterCommand.SetBan(new Ban(IPAddress.IPv6Loopback, Some.Lease, ""))),
            _ => old.Run(new ClusterCommand.Join("n2:1", Some.Traits("n2"), Some.Lease, 0)),
        };
        var view = Read(tables, ClusterView.Empty);
        var anew = Read(old, view);
        anew.ShouldSatisfyAllConditions(
            () => (anew.IsCaughtUp, anew.UpToChange, anew.UpToBan).ShouldBe((false, 0, 0)),
            () => anew.Torrents.Count.ShouldBe(view.Torrents.Count, "it shows what it had until it knows better"));
        // What has been counted on meanwhile does not matter any more.
        old = old.WithTorrent(5);
        var whole = Read(old, anew);
        whole.IsCaughtUp.ShouldBeTrue();
        whole.Torrents.Keys.ShouldBe([Some.Torrent(1), Some.Torrent(2), Some.Torrent(5)], ignoreOrder: true);
        whole.Changed.Order().ShouldBe(view.Torrents.Keys.Append(Some.Torrent(5)).Order(), "each is told, also as gone");
        (whole.Version, whole.MembersChanged).ShouldBe((old.Membership.Version, true));
        (Read(old, whole).Changed.IsEmpty, Read(old, whole).IsCaughtUp).ShouldBe((true, true));
    }

    [Fact]
    public void A_lease_of_tables_that_were_set_back_has_a_token_that_nobody_has_had()
    {
        const string lease = ClusterTables.PlannerLease;
        var old = Some.Up(2);
        old.Run(new ClusterCommand.AcquireLease(lease, old.Id(1)), 0, out var before);
        var tables = old.Run(new ClusterCommand.AcquireLease(lease, old.Id(2)) { LastToken = ((ClusterOutcome.Leased)before).Token }, 0, out var after);
        after.ShouldBe(new ClusterOutcome.Leased(2));
        // Who held it before the tables were set back does not hold it any more, though his token is as great as theirs.
        tables.Run(new ClusterCommand.Purge(TimeSpan.Zero, 10, 1), 0, out var outcome);
        outcome.ShouldNotBeOfType<ClusterOutcome.Purged>();
        tables.Run(new ClusterCommand.Purge(TimeSpan.Zero, 10, 2), 0, out outcome);
        outcome.ShouldBeOfType<ClusterOutcome.Purged>();
    }

    private static ClusterView Read(ClusterTables tables, ClusterView before)
    {
        tables.Run(new ClusterCommand.Read(before.UpToChange, int.MaxValue, before.UpToBan), 0, out var outcome);
        return before.With((ClusterOutcome.View)outcome);
    }
}
