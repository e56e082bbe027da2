namespace Swarm.Actors.Torrents;

// What a service asks of its torrents. Every command is answered with Done, Refused or Unknown; a Done is durable.
public sealed partial class TorrentsActor
{
    /// <summary>Takes up every torrent that is recorded, as it was left; answered with <see cref="Restored"/> when all rows have been told.</summary>
    public sealed record Restore;

    /// <summary>So many torrents were taken up; <paramref name="Failed"/> of them could not be and stand as failed, with their reason.</summary>
    public sealed record Restored(int Torrents, int Failed);

    /// <summary>A command was carried out.</summary>
    public sealed record Done(InfoHash Torrent);

    /// <summary>A command was not carried out; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Refused(InfoHash Torrent, string Reason);

    /// <summary>Stand still, across restarts, until <see cref="Resume"/>.</summary>
    public sealed record Pause(InfoHash Torrent);

    /// <summary>Go on; also after a failure, when its cause is mended.</summary>
    public sealed record Resume(InfoHash Torrent);

    /// <summary>Hash everything on disk and fetch what does not match.</summary>
    public sealed record Recheck(InfoHash Torrent);

    /// <summary>Ask trackers and DHT for peers now, as far as they allow.</summary>
    public sealed record Reannounce(InfoHash Torrent);

    /// <summary>Forget it; with <paramref name="DeleteData"/> its files too, and the folders that are empty then. Answered when nothing of it is left.</summary>
    public sealed record Remove(InfoHash Torrent, bool DeleteData);

    /// <summary>Change how it is run.</summary>
    public sealed record Configure(InfoHash Torrent, TorrentChanges Changes);

    /// <summary>Move its content below another absolute folder and go on there. With <paramref name="MoveData"/> false the content is there already.</summary>
    public sealed record Move(InfoHash Torrent, string Folder, bool MoveData);

    /// <summary>Name one of its files anew; <paramref name="NewPath"/> is relative to the torrent's folder, with forward slashes.</summary>
    public sealed record RenameFile(InfoHash Torrent, int File, string NewPath);

    /// <summary>Try these peers.</summary>
    public sealed record AddPeers(InfoHash Torrent, System.Collections.Immutable.ImmutableArray<System.Net.IPEndPoint> Peers);

    /// <summary>Asks for a <see cref="TorrentDetails"/>.</summary>
    public sealed record GetDetails(InfoHash Torrent);
}
