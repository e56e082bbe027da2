using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Torrents;

// What a service asks of its torrents. Every command is answered with Done, Refused or Unknown; a Done is durable.
public sealed partial class TorrentsActor
{
    /// <summary>
    /// Takes up every torrent that is recorded, as it was left; answered with <see cref="Restored"/> when all rows have been told. <paramref name="Except"/>: torrents below this absolute folder are not taken up, because it is for somebody else
    /// to say whether they run here, who then adds them; null: all are.
    /// </summary>
    public sealed record Restore(string? Except = null);

    /// <summary>So many torrents were taken up; <paramref name="Failed"/> of them could not be and stand as failed, with their reason.</summary>
    public sealed record Restored(int Torrents, int Failed);

    /// <summary>Something that is asked of one torrent.</summary>
    public interface ITorrentCommand
    {
        /// <summary>Which one.</summary>
        InfoHash Torrent { get; }
    }

    /// <summary>A command for a torrent whose content lies below this absolute folder; to one that lies elsewhere it does nothing, and is answered with <see cref="Unknown"/>.</summary>
    public sealed record CommandWithin(string Folder, ITorrentCommand Command);

    /// <summary>A command was carried out.</summary>
    public sealed record Done(InfoHash Torrent);

    /// <summary>A command was not carried out; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Refused(InfoHash Torrent, string Reason);

    /// <summary>Stand still, across restarts, until <see cref="Resume"/>.</summary>
    public sealed record Pause(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Go on; also after a failure, when its cause is mended.</summary>
    public sealed record Resume(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Stand still, across restarts, until <see cref="Release"/> or <see cref="Resume"/>: the queue's word, not its user's.</summary>
    public sealed record Hold(InfoHash Torrent) : ITorrentCommand;

    /// <summary>The queue lets it go on; it does not unless its user lets it too.</summary>
    public sealed record Release(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Hash everything on disk and fetch what does not match.</summary>
    public sealed record Recheck(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Ask trackers and DHT for peers now, as far as they allow.</summary>
    public sealed record Reannounce(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Forget it; with <paramref name="DeleteData"/> its files too, and the folders that are empty then. Answered when nothing of it is left.</summary>
    public sealed record Remove(InfoHash Torrent, bool DeleteData) : ITorrentCommand;

    /// <summary>Change how it is run.</summary>
    public sealed record Configure(InfoHash Torrent, TorrentChanges Changes) : ITorrentCommand;

    /// <summary>Move its content below another absolute folder and go on there. With <paramref name="MoveData"/> false the content is there already.</summary>
    public sealed record Move(InfoHash Torrent, string Folder, bool MoveData) : ITorrentCommand;

    /// <summary>Name one of its files anew; <paramref name="NewPath"/> is relative to the torrent's folder, with forward slashes.</summary>
    public sealed record RenameFile(InfoHash Torrent, int File, string NewPath) : ITorrentCommand;

    /// <summary>Try these peers.</summary>
    public sealed record AddPeers(InfoHash Torrent, ImmutableArray<IPEndPoint> Peers) : ITorrentCommand;

    /// <summary>These are its replicas elsewhere in the cluster. One at rest is not woken for it.</summary>
    public sealed record SetGroup(InfoHash Torrent, ReplicaGroup Group) : ITorrentCommand;

    /// <summary>Asks for a <see cref="TorrentDetails"/>.</summary>
    public sealed record GetDetails(InfoHash Torrent) : ITorrentCommand;

    /// <summary>Asks for every row there is now: <see cref="Rows"/>. What is published afterwards is newer.</summary>
    public sealed record GetRows;

    /// <summary>Every torrent, in the order of their hashes.</summary>
    public sealed record Rows(ImmutableArray<TorrentRow> All);

    /// <summary>From the network: these addresses are banned for all torrents; whoever is connected from there is sent away.</summary>
    internal sealed record Shun(ImmutableArray<IPAddress> Addresses);

    /// <summary>From the network: the bans of these addresses were lifted; one that rests keeps none.</summary>
    internal sealed record Forgive(ImmutableArray<IPAddress> Addresses);

    /// <summary>From a torrent: its row is another.</summary>
    internal sealed record RowTold(TorrentRow Row);

    /// <summary>From a torrent: it is about to rest. Answered with <see cref="TorrentActor.MayRest"/>; what comes for it afterwards is held here.</summary>
    internal sealed record GoesToRest(InfoHash Torrent);

    /// <summary>From a torrent that is about to rest: this came too late for it. The message's own sender is the sender.</summary>
    internal sealed record CameLate(InfoHash Torrent, object Message);

    /// <summary>From a torrent, its last word: it rests, and this is all that needs to be kept of it.</summary>
    internal sealed record Rests(RestingTorrent Torrent);

    /// <summary>From a torrent, its last word: it stops so as to begin anew, with these options for the next run.</summary>
    internal sealed record BeginsAnew(RestingTorrent Torrent, TorrentOptions Options);

    /// <summary>From a torrent, its last word: it is no more.</summary>
    internal sealed record IsGone(InfoHash Torrent);

    /// <summary>From a torrent that was woken, its last word: it cannot work, <paramref name="Reason"/> says why in one line.</summary>
    internal sealed record CannotWork(InfoHash Torrent, string Reason);

    /// <summary>From a torrent whose actor was restarted: it begins anew, also if it was about to rest.</summary>
    internal sealed record IsBack(InfoHash Torrent);

    /// <summary>A torrent at rest is wanted: these peers have not got everything.</summary>
    internal sealed record Wanted(InfoHash Torrent, ImmutableArray<IPEndPoint> Peers);

    private sealed record TellRows
    {
        public static readonly TellRows Instance = new();
    }
}
