using Swarm.Actors.Ports;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Removes the files of a torrent that is being forgotten, and the folders that are empty then. Child of its <see cref="TorrentActor"/>, which has closed the storage before; opens one of its own, deletes, closes,
/// and tells its parent. Files that are gone already are no failure, so that it can be done again after a crash in the middle.
/// </summary>
public sealed class RemovalActor : UntypedActor
{
    private readonly StorageSpec _spec;
    private readonly IDisk _disk;
    private readonly StorageId _storage;
    private DiskError? _error;

    private RemovalActor(StorageSpec spec, IDisk disk, StorageId storage)
    {
        _spec = spec;
        _disk = disk;
        _storage = storage;
    }

    /// <summary>To the parent: nothing of it is left.</summary>
    public sealed record Removed;

    /// <summary>To the parent: something is.</summary>
    public sealed record NotRemoved(DiskError Error);

    /// <summary>Removes what <paramref name="spec"/> names; <paramref name="storage"/> is a number of its own.</summary>
    public static Props Props(StorageSpec spec, IDisk disk, StorageId storage) => ActorProps.Create(() => new RemovalActor(spec, disk, storage));

    /// <inheritdoc/>
    protected override void PreStart() => _disk.Open(_storage, _spec, Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IDisk.Opened: _disk.Delete(_storage); break;
            case IDisk.OpenFailed failed: Context.Parent.Tell(new NotRemoved(failed.Error)); break;
            case IDisk.Deleted: _disk.Close(_storage); break;
            case IDisk.DeleteFailed failed:
                _error = failed.Error;
                _disk.Close(_storage);
                break;
            case IDisk.StorageClosed: Context.Parent.Tell(_error is null ? new Removed() : new NotRemoved(_error)); break;
            default: Unhandled(message); break;
        }
    }
}
