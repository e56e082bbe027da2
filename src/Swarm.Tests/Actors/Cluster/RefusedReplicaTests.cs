using System.Text;
using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Magnets;
using Swarm.TestKit.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.World;
using Swarm.Tests.Actors.Fakes;
using Swarm.Tests.Kernel;
using Swarm.Tests.Protocol.Cluster;
using static Swarm.Tests.Actors.Cluster.MembershipTests;

namespace Swarm.Tests.Actors.Cluster;

/// <summary>Replicas that cannot be started where they are placed: because the node has the torrent for itself, or because nobody could start it.</summary>
public sealed class RefusedReplicaTests
{
    private const string Version2 = "magnet:?xt=urn:btmh:1220caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e";

    private static readonly ClusterSettings Settings = new() { Name = "c", EndPoint = "n1:1", Traits = Some.Traits("n1"), Folder = "/cluster", RetryDelay = TimeSpan.FromSeconds(40) };

    private readonly FakeContent _content = FakeContent.OneFile(16 * 1024);
    private readonly SimHarness _harness = new();
    private readonly IActorRef _table;
    private readonly List<object> _asked;
    private readonly IActorRef _torrents;
    private readonly List<object> _told;
    private IActorRef _replicas = ActorRefs.Nobody;
    private ClusterTables _tables = Some.Up(1);
    private ClusterView _view = ClusterView.Empty;
    private int _answered;

    public RefusedReplicaTests()
    {
        (_table, _asked) = _harness.Probe("table");
        (_torrents, _told) = _harness.Probe("torrents");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_node_has_for_itself_stays_as_it_is_whatever_the_cluster_does_with_the_torrent(bool ownerIsKilled)
    {
        var cluster = Started(3);
        var tracker = cluster.World.AddTracker("tracker");
        var content = SimContent.OneFile(400_000, 65_536, 5, [tracker.Http]);
        cluster.World.AddNode("seed").AddSeed(content);
        cluster.World.StartAll();
        cluster.World.RunFor(TimeSpan.FromSeconds(5));
        var best = Rendezvous.Rank(content.Torrent, new SiteTable(Status(cluster, cluster.Members[0]).View, cluster.Placement).Here)[0].Storage;
        var owner = cluster.Members.Single(member => member.Name == best);
        var others = cluster.Members.Where(member => member != owner).ToArray();
        var own = owner.Add(content, static options => options with { Labels = ["mine"] });
        cluster.World.RunUntil(() => own.IsComplete, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        var stopped = 0;
        cluster.World.Simulation.Tamper = turn =>
        {
            if (turn.System.Name == owner.Name && turn.Message is TorrentEvent.StateChanged { State: TorrentState.Stopping or TorrentState.Stopped }) stopped++;
            return turn.Message;
        };
        var wanted = cluster.Add(content, replicas: 2);
        cluster.World.RunUntil(() => others.All(other => At(cluster, content, other) is { State: ReplicaState.Complete }), TimeSpan.FromMinutes(3)).ShouldBeTrue();
        wanted.IsAccepted.ShouldBeTrue();
        cluster.World.RunFor(TimeSpan.FromMinutes(2));
        others.ShouldAllBe(other => At(cluster, content, other)!.State == ReplicaState.Complete);
        if (ownerIsKilled)
        {
            owner.Restart();
            cluster.World.RunFor(TimeSpan.FromMinutes(1));
        }

        Ask(cluster, others[0], new RouterActor.SetReplicas(content.Torrent, 3)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => At(cluster, content, owner) is { State: ReplicaState.Failed }, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        At(cluster, content, owner)!.Reason.ShouldNotBeNull().ShouldContain($"for itself, in {SimNode.FolderOf(content)}");
        Ask(cluster, others[0], new RouterActor.Remove(content.Torrent, DeleteData: true)).ShouldBeOfType<RouterActor.Accepted>();
        cluster.World.RunUntil(() => cluster.Database.Tables.Torrents[content.Torrent].IsForgotten, TimeSpan.FromMinutes(2)).ShouldBeTrue();
        cluster.World.RunFor(TimeSpan.FromSeconds(30));

        stopped.ShouldBe(0);
        own.State.ShouldBe(TorrentState.Seeding);
        owner.Store.RecordOf(content.Torrent).ShouldNotBeNull().ShouldSatisfyAllConditions(record => record.Folder.ShouldBe(SimNode.FolderOf(content)), record => record.Options.Labels.ShouldBe(["mine"]));
        Enumerable.Range(0, content.Geometry.PieceCount).ShouldAllBe(piece => owner.Disk.Holds(content, SimNode.FolderOf(content), new PieceIndex(piece)));
        others.ShouldAllBe(other => other.Store.RecordOf(content.Torrent) == null);
    }

    [Fact]
    public void What_could_never_be_started_is_reported_as_failed_with_the_reason_and_is_gone_when_it_is_removed()
    {
        MagnetLink.TryParse(Version2, out var link, out var error).ShouldBeTrue(error);
        var torrent = link!.WireHash!.Value;
        Place(torrent, Encoding.UTF8.GetBytes(Version2));
        Begin();
        Pass(3);
        _tables.Torrents[torrent].At("n1").ShouldBe(new Replica("n1", ReplicaState.Failed, Reason: TorrentSource.IsOfVersion2));
        Pass(300);
        _told.OfType<TorrentsActor.Add>().ShouldBeEmpty();
        Count<ClusterCommand.LoadSource>().ShouldBeInRange(2, 8, "it is tried again, every retry-delay");
        Count<ClusterCommand.Report>().ShouldBe(1);
        _tables = _tables.Run(new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { Removal = true }));
        Pass(5);
        _tables.Torrents[torrent].IsForgotten.ShouldBeTrue();
    }

    [Fact]
    public void What_another_process_has_not_given_back_is_tried_soon_and_has_failed_when_that_lasts()
    {
        Place(_content.Torrent, _content.File);
        Begin();
        Pass(3);
        Refuse("this torrent is already run by n2");
        Pass(20);
        _told.OfType<TorrentsActor.Add>().Count().ShouldBe(2, "after a quarter of the delay");
        Count<ClusterCommand.Report>().ShouldBe(0, "it may be on its way");
        for (var i = 0; i < 4; i++)
        {
            Refuse("this torrent is already run by n2");
            Pass(12);
        }

        _tables.Torrents[_content.Torrent].At("n1").ShouldBe(new Replica("n1", ReplicaState.Failed, Reason: "this torrent is already run by n2"));
        Pass(40);
        _harness.TellAndRun(_replicas, new TorrentActor.Added(_content.Torrent));
        _harness.System.EventStream.Publish(new TorrentEvent.StateChanged(_content.Torrent, TorrentState.Seeding, null));
        Pass(5);
        _tables.Torrents[_content.Torrent].At("n1").ShouldBe(new Replica("n1", ReplicaState.Complete));
    }

    [Fact]
    public void What_is_left_below_the_clusters_folder_is_stopped_first_and_then_started()
    {
        Place(_content.Torrent, _content.File);
        Begin();
        Pass(3);
        _harness.TellAndRun(_replicas, new TorrentActor.AddFailed(_content.Torrent, "it is there", $"/cluster/{_content.Torrent}"));
        _told[^1].ShouldBe(new TorrentsActor.CommandWithin("/cluster", new TorrentActor.Stop(_content.Torrent)));
        _harness.TellAndRun(_replicas, new TorrentActor.Stopped(_content.Torrent, Saved: true));
        Pass(3);
        _told.OfType<TorrentsActor.Add>().Count().ShouldBe(2);
        _tables.Torrents[_content.Torrent].At("n1")!.State.ShouldBe(ReplicaState.Assigned);
    }

    [Fact]
    public void The_cluster_takes_no_torrent_that_no_member_could_start()
    {
        var cluster = Started(1);
        MagnetLink.TryParse(Version2, out var link, out _).ShouldBeTrue();
        var refused = Ask(cluster, cluster.Members[0], new RouterActor.Add(TorrentSource.FromMagnet(link!), 1, 0)).ShouldBeOfType<RouterActor.Refused>();
        refused.ShouldBe(new RouterActor.Refused(TorrentSource.IsOfVersion2, IsDurable: false));
        cluster.Database.Tables.Torrents.ShouldBeEmpty();
    }

    private static Replica? At(SimCluster cluster, SimContent content, SimNode member) => cluster.Database.Tables.Torrents.GetValueOrDefault(content.Torrent)?.At(member.Name);

    private void Place(InfoHash torrent, IEnumerable<byte> source)
    {
        _tables = _tables.Run(new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, _tables.Id(1)), 0, out var leased)
            .Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = torrent }, [.. source]))
            .Run(new ClusterCommand.Assign(torrent, "n1", ((ClusterOutcome.Leased)leased).Token));
    }

    private void Begin()
    {
        _replicas = _harness.System.ActorOf(ReplicasActor.Props(Settings, _table, _torrents, _harness.Sim.Time, new ListLoggerFactory()), "replicas");
        _view = _tables.View();
        _harness.TellAndRun(_replicas, new MembersActor.Began(_tables.Id(1)), new MembersActor.SessionChanged(SessionState.Writing), new TableActor.ViewChanged(_view));
    }

    // The tables answer within half a second, and show what they are like.
    private void Pass(double seconds)
    {
        for (var half = 0; half < seconds * 2; half++)
        {
            _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(0.5));
            var runs = _asked.OfType<TableActor.Run>().Skip(_answered).ToArray();
            _answered += runs.Length;
            foreach (var run in runs)
            {
                _tables = _tables.Run(run.Command, 0, out var outcome);
                _harness.TellAndRun(_replicas, new TableActor.Ran(run.Tag, outcome, 0));
            }

            if (_tables.LastChange == _view.UpToChange) continue;
            _view = _tables.View(before: _view);
            _harness.TellAndRun(_replicas, new TableActor.ViewChanged(_view));
        }
    }

    private void Refuse(string reason) => _harness.TellAndRun(_replicas, new TorrentActor.AddFailed(_content.Torrent, reason));

    private int Count<T>()
        where T : ClusterCommand => _asked.OfType<TableActor.Run>().Count(run => run.Command is T);
}
