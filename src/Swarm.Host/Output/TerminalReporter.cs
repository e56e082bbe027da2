using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>A live display for a person at a terminal, with what happens printed above it, logs included if they would go to the same terminal.</summary>
internal sealed class TerminalReporter : IReporter
{
    private readonly Shell _shell;
    private readonly LiveView _view;
    private string? _last;

    public TerminalReporter(Shell shell)
    {
        _shell = shell;
        _view = new LiveView(shell.Out, keepLast: false);
    }

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    public void Listening(ImmutableArray<IPEndPoint> local) => Note($"listening for peers on port {local[0].Port}");

    /// <inheritdoc/>
    public void Hashing(string name, long done, long total) => _view.Show(ProgressPicture.OfHashing(name, done, total));

    /// <inheritdoc/>
    public void Progress(TorrentStatus status) => _view.Show(ProgressPicture.Of(status));

    /// <inheritdoc/>
    public void Happened(TorrentEvent happening)
    {
        switch (happening)
        {
            case TorrentEvent.PieceFailed failed: Note($"piece {failed.Piece.Value} does not match its hash; it is fetched again"); break;
            case TorrentEvent.TrackerFailed tracker: Note($"tracker {tracker.Url}: {TorrentText.Clean(tracker.Reason)}"); break;
            case TorrentEvent.PeerBanned peer: Note($"peer {peer.Address} is banned: {TorrentText.Clean(peer.Reason)}"); break;
        }
    }

    /// <inheritdoc/>
    public void Done(DoneInfo done) => Note(DoneText.Of(done));

    /// <inheritdoc/>
    public void Seeding(SeedInfo seed)
    {
        Note($"seeding {TorrentText.Clean(seed.Path)} on port {seed.Port}; Ctrl-C ends it");
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
        if (_last == line) return;
        _last = line;
        _view.Print(line);
    }

    /// <inheritdoc/>
    public void Log(string line)
    {
        if (Console.IsErrorRedirected) _shell.Error.WriteLine(line);
        else _view.Print(line);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _view.DisposeAsync();
}
