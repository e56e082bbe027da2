using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Finds the recorded torrent whose content lies at a path, so that seeding the same content again needs no new hashing. Child of <see cref="TorrentsActor"/>, one a question; stops when it has answered.
/// It reads the recorded torrents one after the other. What cannot be read counts as not found: the caller then hashes, which is always right.
/// </summary>
public sealed class ContentFinderActor : UntypedActor
{
    private readonly IActorRef _store;
    private readonly string _contentPath;
    private readonly IActorRef _asker;
    private readonly MetainfoLimits _limits;
    private readonly Queue<InfoHash> _left = new();

    private ContentFinderActor(IActorRef store, string contentPath, IActorRef asker, MetainfoLimits limits)
    {
        _store = store;
        _contentPath = Path.TrimEndingDirectorySeparator(contentPath);
        _asker = asker;
        _limits = limits;
    }

    /// <summary>What was found, or null.</summary>
    public sealed record Found(TorrentRecord? Record, ProgressRecord? Progress);

    /// <summary>Looks for <paramref name="contentPath"/> and tells <paramref name="asker"/>.</summary>
    public static Props Props(IActorRef store, string contentPath, IActorRef asker, MetainfoLimits limits) =>
        ActorProps.Create(() => new ContentFinderActor(store, contentPath, asker, limits));

    /// <inheritdoc/>
    protected override void PreStart() => _store.Tell(new StoreActor.Run(new StoreCommand.ListTorrents(), 0));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StoreActor.Ran { Outcome: StoreOutcome.Listed listed }: OnListed(listed); break;
            case StoreActor.Ran { Outcome: StoreOutcome.Loaded loaded }: OnLoaded(loaded); break;
            case StoreActor.RunFailed: Answer(null, null); break;
            default: Unhandled(message); break;
        }
    }

    private void OnListed(StoreOutcome.Listed listed)
    {
        foreach (var torrent in listed.Torrents) _left.Enqueue(torrent);
        Next();
    }

    private void OnLoaded(StoreOutcome.Loaded loaded)
    {
        if (loaded.Record is { Metainfo.IsEmpty: false } record
            && MetainfoParser.TryParse(record.Metainfo.AsMemory(), _limits, out var metainfo, out _)
            && Path.Combine(record.Folder, metainfo.Name) == _contentPath) Answer(record, loaded.Progress);
        else Next();
    }

    private void Next()
    {
        if (_left.TryDequeue(out var torrent)) _store.Tell(new StoreActor.Run(new StoreCommand.LoadTorrent(torrent), 0));
        else Answer(null, null);
    }

    private void Answer(TorrentRecord? record, ProgressRecord? progress)
    {
        _asker.Tell(new Found(record, progress), Self);
        Context.Stop(Self);
    }
}
