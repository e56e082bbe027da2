using Swarm.Actors.Torrents;

namespace Swarm.Host;

/// <summary>Fills a <see cref="RowFeed"/>: subscribes to what is published of rows, then asks for all of them, so that none is missed. One a feed; stopped by it.</summary>
internal sealed class RowsActor : UntypedActor
{
    private readonly IActorRef _torrents;
    private readonly RowFeed _feed;

    private RowsActor(IActorRef torrents, RowFeed feed)
    {
        _torrents = torrents;
        _feed = feed;
    }

    public static Props Props(IActorRef torrents, RowFeed feed) => ActorProps.Create(() => new RowsActor(torrents, feed));

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(TorrentRowsEvent));
        _torrents.Tell(new TorrentsActor.GetRows());
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TorrentRowsEvent.RowsChanged changed: _feed.Put(changed.Rows); break;
            case TorrentRowsEvent.RowRemoved removed: _feed.PutRemoved(removed.Torrent); break;
            case TorrentsActor.Rows rows: _feed.Put(rows.All); break;
            default: Unhandled(message); break;
        }
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _feed.End();
    }
}
