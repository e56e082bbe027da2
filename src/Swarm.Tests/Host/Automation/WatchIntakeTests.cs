using Swarm.Actors.Cluster;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Automation;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Magnets;

namespace Swarm.Tests.Host.Automation;

/// <summary>Whose torrents from watched folders become.</summary>
public sealed class WatchIntakeTests
{
    private static readonly TorrentSource Source = LinkTo("0123456789abcdef0123456789abcdef01234567");
    private static readonly TorrentOptions Options = new() { Folder = "/load" };

    private readonly Node _node = new();

    [Theory]
    [InlineData(2, null, null, true)]
    [InlineData(0, null, null, false)]
    [InlineData(2, "films", null, false)]
    [InlineData(2, null, "/films", false)]
    public async Task They_are_the_clusters_unless_it_is_configured_otherwise_or_cannot_keep_what_the_folder_says(int replicas, string? category, string? folder, bool isPlaced)
    {
        var cluster = new Model(replicas);
        await new WatchIntake(_node, cluster).AddAsync(Source, new WatchFolderSettings { Category = category, Folder = folder, Paused = true }, Options);
        _node.Added.Count.ShouldBe(isPlaced ? 0 : 1);
        cluster.Commands.Count.ShouldBe(isPlaced ? 1 : 0);
        if (isPlaced) cluster.Commands.Single().ShouldBeOfType<RouterActor.Add>().ShouldSatisfyAllConditions(add => add.Replicas.ShouldBe(2), add => add.IsPaused.ShouldBeTrue(), add => add.Acknowledged.ShouldBe(0));
    }

    [Fact]
    public async Task Without_a_cluster_they_are_the_nodes()
    {
        await new WatchIntake(_node, null).AddAsync(Source, new WatchFolderSettings(), Options);
        _node.Added.ShouldBe([(Source, Options)]);
        _node.Has = true;
        (await Should.ThrowAsync<TorrentRefusedException>(() => new WatchIntake(_node, null).AddAsync(Source, new WatchFolderSettings(), Options))).IsThereAlready.ShouldBeTrue();
        _node.Has = false;
        _node.Failure = new SwarmException("there is no room");
        (await Should.ThrowAsync<TorrentRefusedException>(() => new WatchIntake(_node, null).AddAsync(Source, new WatchFolderSettings(), Options))).IsToBeTriedAgain.ShouldBeFalse();
        _node.HasEnded = true;
        await Should.ThrowAsync<SwarmException>(() => new WatchIntake(_node, null).AddAsync(Source, new WatchFolderSettings(), Options));
    }

    [Fact]
    public async Task What_the_cluster_has_already_is_left_as_it_is_and_what_was_removed_is_wanted_again()
    {
        var cluster = new Model(2) { Placed = new WantedTorrent { Torrent = Source.Torrent, Replicas = 5 } };
        (await Should.ThrowAsync<TorrentRefusedException>(() => new WatchIntake(_node, cluster).AddAsync(Source, new WatchFolderSettings(), Options))).IsThereAlready.ShouldBeTrue();
        cluster.Commands.ShouldBeEmpty();
        cluster.Placed = cluster.Placed with { IsRemoved = true };
        await new WatchIntake(_node, cluster).AddAsync(Source, new WatchFolderSettings(), Options);
        cluster.Commands.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_the_cluster_does_not_take_now_is_to_be_tried_again()
    {
        var cluster = new Model(2) { Answer = new RouterActor.Refused("the cluster's tables did not answer", IsDurable: false) };
        var refused = await Should.ThrowAsync<TorrentRefusedException>(() => new WatchIntake(_node, cluster).AddAsync(Source, new WatchFolderSettings(), Options));
        refused.IsToBeTriedAgain.ShouldBeTrue();
        refused.Message.ShouldBe("the cluster's tables did not answer");
        _node.Added.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_node_gives_no_answer_to_is_to_be_tried_again(bool isAsked)
    {
        _node.Failure = new NoAnswerException("the node gave no answer");
        _node.IsSilent = isAsked;
        (await Should.ThrowAsync<TorrentRefusedException>(() => new WatchIntake(_node, null).AddAsync(Source, new WatchFolderSettings(), Options))).IsToBeTriedAgain.ShouldBeTrue();
    }

    private static TorrentSource LinkTo(string hash) => MagnetLink.TryParse($"magnet:?xt=urn:btih:{hash}", out var link, out var error) ? TorrentSource.FromMagnet(link) : throw new InvalidOperationException(error);

    private sealed class Node : IWatchingNode
    {
        public bool HasEnded { get; set; }

        public bool Has { get; set; }

        public SwarmException? Failure { get; set; }

        public List<(TorrentSource Source, TorrentOptions Options)> Added { get; } = [];

        // Already where it is asked whether it has the torrent.
        public bool IsSilent { get; set; }

        public Task<bool> HasAsync(InfoHash torrent) => IsSilent ? Task.FromException<bool>(Failure!) : Task.FromResult(Has);

        public Task AddAsync(TorrentSource source, TorrentOptions options)
        {
            if (Failure is not null) return Task.FromException(Failure);
            Added.Add((source, options));
            return Task.CompletedTask;
        }
    }

    private sealed class Model(int replicas) : IClusterModel
    {
        public ClusterFacts Facts { get; } = new("tests", "n1:1", replicas, PlacementSettings.Default, TimeSpan.FromSeconds(1));

        public WantedTorrent? Placed { get; set; }

        public object Answer { get; set; } = new RouterActor.Accepted(Source.Torrent, 0);

        public List<object> Commands { get; } = [];

        public Task<ClusterStatus> StatusAsync() => throw new NotSupportedException();

        public Task<PlacementAnswer?> ExplainAsync(InfoHash torrent) => Task.FromResult(Placed is null ? null : new PlacementAnswer(new PlacedTorrent(Placed, [], 1), 0, [], null));

        public Task<object> CommandAsync(object command, TimeSpan patience)
        {
            Commands.Add(command);
            return Task.FromResult(Answer);
        }
    }
}
