using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>Plain lines on standard output, for pipes and logs: what changed at once, progress every two seconds if it differs from the line before. Troubles that pass go to standard error.</summary>
internal sealed class PlainReporter(Shell shell) : IReporter
{
    private readonly Lock _gate = new();
    private string _last = "";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public void Listening(ImmutableArray<IPEndPoint> local) => Note($"listening for peers on port {local[0].Port} ({string.Join(", ", local)})");

    /// <inheritdoc/>
    public void Hashing(string name, long done, long total) => Note($"hashing {TorrentText.Clean(name)}: {HumanText.Percent(done, total)} of {HumanText.Size(total)}");

    /// <inheritdoc/>
    public void Progress(TorrentStatus status) => Note($"{TorrentText.Clean(status.Name)}: {TorrentText.Clean(StatusText.Describe(status))}");

    /// <inheritdoc/>
    public void Happened(TorrentEvent happening)
    {
        switch (happening)
        {
            case TorrentEvent.PieceFailed failed: shell.Complain($"piece {failed.Piece.Value} does not match its hash; it is fetched again"); break;
            case TorrentEvent.TrackerFailed tracker: shell.Complain($"tracker {tracker.Url}: {TorrentText.Clean(tracker.Reason)}"); break;
            case TorrentEvent.PeerBanned peer: shell.Complain($"peer {peer.Address} is banned: {TorrentText.Clean(peer.Reason)}"); break;
        }
    }

    /// <inheritdoc/>
    public void Done(DoneInfo done) => Note(DoneText.Of(done));

    /// <inheritdoc/>
    public void Seeding(SeedInfo seed)
    {
        Note($"seeding {seed.Path} on port {seed.Port}");
        Note($"info-hash {seed.InfoHash}");
        Note($"magnet link {seed.Magnet}");
    }

    /// <inheritdoc/>
    public void Failed(string reason)
    {
    }

    /// <inheritdoc/>
    public void Note(string line)
    {
        lock (_gate)
        {
            if (_last == line) return;
            _last = line;
            shell.Out.WriteLine(line);
            shell.Out.Flush();
        }
    }

    /// <inheritdoc/>
    public void Log(string line) => shell.Error.WriteLine(line);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
