using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api;

/// <summary>Keeps the catalogue as the torrents say it is: the one writer. Subscribes before the first torrent is taken up, so it hears of each of them.</summary>
internal sealed class CatalogueActor : UntypedActor
{
    private readonly TorrentCatalogue _catalogue;

    private CatalogueActor(TorrentCatalogue catalogue) => _catalogue = catalogue;

    public static Props Props(TorrentCatalogue catalogue) => ActorProps.Create(() => new CatalogueActor(catalogue));

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(TorrentRowsEvent));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TorrentRowsEvent.RowsChanged changed: _catalogue.Put(changed.Rows); break;
            case TorrentRowsEvent.RowRemoved removed: _catalogue.Remove(removed.Torrent); break;
        }
    }
}
