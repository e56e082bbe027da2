using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;

namespace Swarm.Host.Output;

/// <summary>One JSON object a line on standard output (<see cref="JsonLine"/>), flushed at once; logs on standard error.</summary>
internal sealed class JsonReporter(Shell shell) : IReporter
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Listening(ImmutableArray<IPEndPoint> local) => Write(new JsonLine.Listening(local[0].Port, [.. local.Select(place => place.ToString())]));

    /// <inheritdoc/>
    public void Hashing(string name, long done, long total) => Write(new JsonLine.Hashing(name, done, total));

    /// <inheritdoc/>
    public void Progress(TorrentStatus status) => Write(JsonLine.Progress.Of(status));

    /// <inheritdoc/>
    public void Happened(TorrentEvent happening)
    {
        var hash = happening.Torrent.ToString();
        switch (happening)
        {
            case TorrentEvent.PiecesVerified verified: Write(new JsonLine.Verified(hash, verified.Pieces.Select(piece => piece.Value))); break;
            case TorrentEvent.PeerConnected peer: Write(new JsonLine.Peer(hash, "connected", peer.Remote.ToString(), peer.Client, null)); break;
            case TorrentEvent.PeerDisconnected peer: Write(new JsonLine.Peer(hash, "disconnected", peer.Remote.ToString(), null, peer.Reason)); break;
            case TorrentEvent.PeerBanned peer: Write(new JsonLine.Peer(hash, "banned", peer.Address.ToString(), null, peer.Reason)); break;
            case TorrentEvent.PieceFailed failed: Write(new JsonLine.Error($"piece {failed.Piece.Value} does not match its hash; it is fetched again", Fatal: false)); break;
            case TorrentEvent.TrackerFailed tracker: Write(new JsonLine.Error($"tracker {tracker.Url}: {tracker.Reason}", Fatal: false)); break;
        }
    }

    /// <inheritdoc/>
    public void Done(DoneInfo done) => Write(new JsonLine.Done(
        done.Status.Torrent.ToString(), done.Status.Name, done.Path, done.Status.SelectedLength, done.PiecesFetched, done.Status.Downloaded, done.Status.Uploaded, Math.Round(done.Elapsed.TotalSeconds, 3)));

    /// <inheritdoc/>
    public void Seeding(SeedInfo seed) => Write(new JsonLine.Seeding(seed.InfoHash, seed.Name, seed.Magnet, seed.Path, seed.Port));

    /// <inheritdoc/>
    public void Failed(string reason) => Write(new JsonLine.Error(reason, Fatal: true));

    /// <inheritdoc/>
    public void Note(string line)
    {
    }

    /// <inheritdoc/>
    public void Log(string line) => shell.Error.WriteLine(line);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // By its real type, so that every property is written.
    private void Write<T>(T line) where T : JsonLine
    {
        lock (_gate)
        {
            shell.Out.WriteLine(JsonText.Line(line));
            shell.Out.Flush();
        }
    }
}
