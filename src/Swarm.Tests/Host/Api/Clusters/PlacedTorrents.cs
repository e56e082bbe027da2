using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Api.Clusters;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>The torrents' supervisor of a member, as far as its cluster sees it: what is added is complete at once, or downloads where <see cref="Ways.Completes"/> is false.</summary>
internal sealed class PlacedTorrents(ClusterCatalogue catalogue, PlacedTorrents.Ways ways) : UntypedActor
{
    private readonly Dictionary<InfoHash, TorrentRow> _rows = [];

    /// <summary>How it does what it is told; a test may change it at any time.</summary>
    public sealed class Ways
    {
        public volatile bool Completes = true;

        /// <summary>What it was told to change, in order.</summary>
        public System.Collections.Concurrent.ConcurrentQueue<TorrentsActor.Configure> Configured { get; } = new();
    }

    /// <summary>A test says that a torrent's state is another.</summary>
    public sealed record Becomes(InfoHash Torrent, TorrentState State, string? Reason = null);

    public static Props Props(ClusterCatalogue catalogue, Ways ways) => ActorProps.Create(() => new PlacedTorrents(catalogue, ways));

    protected override void OnReceive(object message)
    {
        // All of its torrents lie where a cluster's do.
        if (message is TorrentsActor.CommandWithin within) message = within.Command;
        switch (message)
        {
            case TorrentsActor.Add add:
                Sender.Tell(new TorrentActor.Added(add.Source.Torrent));
                _rows[add.Source.Torrent] = new TorrentRow { Torrent = add.Source.Torrent, Name = add.Source.Metainfo!.Name, State = TorrentState.Loading, Folder = add.Options.Folder, HasMetadata = true, TotalLength = 16, SelectedLength = 16 };
                Become(new Becomes(add.Source.Torrent, ways.Completes ? TorrentState.Seeding : TorrentState.Downloading));
                break;
            case TorrentActor.Stop stop:
                Become(new Becomes(stop.Torrent, TorrentState.Stopped));
                Sender.Tell(new TorrentActor.Stopped(stop.Torrent, Saved: true));
                break;
            case TorrentsActor.Remove remove:
                _rows.Remove(remove.Torrent);
                catalogue.Take(new RowFeed.Changes([], [remove.Torrent]));
                Sender.Tell(new TorrentsActor.Done(remove.Torrent));
                break;
            case TorrentsActor.Configure configure: ways.Configured.Enqueue(configure); break;
            case Becomes becomes: Become(becomes); break;
        }
    }

    private void Become(Becomes becomes)
    {
        if (!_rows.TryGetValue(becomes.Torrent, out var row)) return;
        _rows[becomes.Torrent] = row = row with { State = becomes.State, Reason = becomes.Reason, VerifiedLength = becomes.State == TorrentState.Seeding ? 16 : row.VerifiedLength };
        catalogue.Take(new RowFeed.Changes([row], []));
        Context.System.EventStream.Publish(new TorrentEvent.StateChanged(becomes.Torrent, becomes.State, becomes.Reason));
    }
}
