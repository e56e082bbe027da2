using System.Collections.Concurrent;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Postgres;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>
/// Several nodes at one database, each on its own connection and thread, all at once: they join anew, renew, vote, take the planner's lease, place, report and drop. Then, and by a reader that follows the changes all the while, what the tables promise.
/// </summary>
public sealed class PostgresClusterHammerTests(SharedPostgres postgres)
{
    private const int Nodes = 6;
    private const int Batches = 120;
    private const int Torrents = 12;
    private const int Wanted = 2;

    [Fact]
    public async Task Many_nodes_at_once_break_no_promise_and_a_reader_who_follows_misses_nothing()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var reader = PostgresClusterStores.Open(database);
        await reader.DoAsync([.. Enumerable.Range(0, Torrents).Select(i => new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Some.Torrent(i), Replicas = Wanted }, [1]))]);
        using var end = new CancellationTokenSource();
        var following = Task.Run(() => FollowAsync(reader, end.Token));
        var tokens = new ConcurrentBag<(long Token, MemberId Owner)>();
        var generations = new ConcurrentBag<MemberId>();
        var changes = 0;
        await Task.WhenAll(Enumerable.Range(1, Nodes).Select(number => Task.Run(async () =>
        {
            await using var store = PostgresClusterStores.Open(database);
            var node = new Node(store, number, tokens, generations);
            for (var i = 0; i < Batches; i++) await node.TurnAsync();
            Interlocked.Add(ref changes, node.Changes);
        })));
        await end.CancelAsync();
        var followed = await reader.ViewAsync(await following);
        var whole = await reader.ViewAsync();
        followed.Torrents.Values.Select(Text).ShouldBe(whole.Torrents.Values.Select(Text));
        // A change that two transactions both took would be one short.
        whole.UpToChange.ShouldBe(Torrents + changes);
        generations.Select(id => id.Generation).Order().ShouldBe(Enumerable.Range(1, generations.Count).Select(static generation => (long)generation));
        tokens.GroupBy(given => given.Token).ShouldAllBe(given => given.Select(each => each.Owner).Distinct().Count() == 1);
        tokens.Select(given => given.Token).Distinct().Order().ShouldBe(Enumerable.Range(1, tokens.Select(given => given.Token).Distinct().Count()).Select(static token => (long)token));
        tokens.Select(given => given.Token).Distinct().Count().ShouldBeGreaterThan(3);
        changes.ShouldBeGreaterThan(100);
    }

    private static async Task<ClusterView> FollowAsync(PostgresClusterStore store, CancellationToken end)
    {
        var view = ClusterView.Empty;
        while (!end.IsCancellationRequested)
        {
            var read = (ClusterOutcome.View)await store.DoAsync(new ClusterCommand.Read(view.UpToChange, 3));
            var numbers = read.Torrents.Select(torrent => torrent.Change).ToList();
            numbers.ShouldBe(numbers.Distinct().Order());
            numbers.ShouldAllBe(change => change > view.UpToChange);
            read.Version.ShouldBeGreaterThanOrEqualTo(view.Version);
            view = view.With(read);
            foreach (var torrent in view.Torrents.Values.Where(torrent => torrent.Replicas.Any(replica => replica.State == ReplicaState.Dropping))) torrent.CompleteReplicas.ShouldBeGreaterThanOrEqualTo(Wanted);
        }

        return view;
    }

    private static string Text(PlacedTorrent torrent) => $"{torrent.Change}: {torrent.Wanted} at {string.Join(' ', torrent.Replicas)}";

    // What a node does in a turn, after what it last saw.
    private sealed class Node(PostgresClusterStore store, int number, ConcurrentBag<(long Token, MemberId Owner)> tokens, ConcurrentBag<MemberId> generations)
    {
        private readonly Random _random = new(number);
        private ClusterView _view = ClusterView.Empty;
        private MemberId _self;
        private long _token;

        /// <summary>Changes of torrents that it made, by their outcomes and what it saw before and after in the same batch.</summary>
        public int Changes { get; private set; }

        public async Task TurnAsync()
        {
            if (_self.IsNobody || _view.Find(_self) is not { IsLive: true } || _random.Next(40) == 0) await JoinAsync();
            var read = new ClusterCommand.Read(_view.UpToChange, 1_000);
            var outcomes = await store.DoAsync([new ClusterCommand.Renew(_self, Some.Lease, 1), read, .. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Next()), read]);
            foreach (var leased in outcomes.OfType<ClusterOutcome.Leased>())
            {
                _token = leased.Token;
                tokens.Add((leased.Token, _self));
            }

            // Of one transaction: what the one read has and the other has not is this node's doing.
            Changes += (int)(((ClusterOutcome.View)outcomes[^1]).UpToChange - ((ClusterOutcome.View)outcomes[1]).UpToChange);
            _view = _view.With((ClusterOutcome.View)outcomes[^1]);
        }

        private ClusterCommand Next()
        {
            var torrent = Some.Torrent(_random.Next(Torrents));
            return _random.Next(16) switch
            {
                0 or 1 => new ClusterCommand.AcquireLease(ClusterTables.PlannerLease, _self),
                2 => _random.Next(4) == 0 ? new ClusterCommand.Suspect(Other(), _self, TimeSpan.FromMinutes(1), 2, _view.Version) : new ClusterCommand.ReleaseLease(ClusterTables.PlannerLease, _token),
                3 or 4 or 5 or 6 => new ClusterCommand.Assign(torrent, $"n{_random.Next(1, Nodes + 1)}", _token),
                7 or 8 => new ClusterCommand.Drop(torrent, $"n{_random.Next(1, Nodes + 1)}", _token),
                9 or 10 or 11 => new ClusterCommand.Report(_self, torrent, new Replica($"n{number}", ReplicaState.Complete)),
                12 => new ClusterCommand.ReportGone(_self, torrent),
                _ => new ClusterCommand.ChangeTorrent(torrent, new WantedChanges { DownloadLimit = _random.Next(1_000) }),
            };
        }

        private MemberId Other() => _view.Members[_random.Next(_view.Members.Length)].Id;

        private async Task JoinAsync()
        {
            _self = ((ClusterOutcome.Joined)await store.DoAsync(new ClusterCommand.Join($"n{number}:1", Some.Traits($"n{number}"), Some.Lease, 0))).Member;
            generations.Add(_self);
            do _view = await store.ViewAsync(_view);
            while (await store.DoAsync(new ClusterCommand.SetState(_self, MemberState.Up, _view.Version)) is ClusterOutcome.Conflict);
            _view = await store.ViewAsync(_view);
        }
    }
}
