using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Torrents;

namespace Swarm.Host.Output;

/// <summary>
/// Where a long-running command says what happens: JSON lines, plain lines, or a live display on a terminal. Called from one thread at a time, but for <see cref="Hashing"/> and
/// <see cref="Log"/>, which may come from any.
/// </summary>
internal interface IReporter : IAsyncDisposable
{
    /// <summary>How often <see cref="Progress"/> is wanted.</summary>
    TimeSpan Interval { get; }

    /// <summary>The node listens here.</summary>
    void Listening(ImmutableArray<IPEndPoint> local);

    /// <summary>Content is being hashed before it is shared, created or verified: bytes done, and in all.</summary>
    void Hashing(string name, long done, long total);

    /// <summary>A torrent as it stands.</summary>
    void Progress(TorrentStatus status);

    /// <summary>Something happened to a torrent.</summary>
    void Happened(TorrentEvent happening);

    /// <summary>Every selected byte is verified.</summary>
    void Done(DoneInfo done);

    /// <summary>The torrent is shared now.</summary>
    void Seeding(SeedInfo seed);

    /// <summary>The command fails. Standard error gets the line anyway, from the program's end.</summary>
    void Failed(string reason);

    /// <summary>A fact for people.</summary>
    void Note(string line);

    /// <summary>A line of the log, for standard error.</summary>
    void Log(string line);
}

/// <summary>What others need to fetch a torrent that is shared. <paramref name="Port"/>: where it is served.</summary>
internal sealed record SeedInfo(string Name, string InfoHash, string Magnet, string Path, int Port);

/// <summary>A finished download: where it lies, how many pieces of it came from peers in this run (0: it was there already), and how long that took.</summary>
internal sealed record DoneInfo(TorrentStatus Status, string Path, int PiecesFetched, TimeSpan Elapsed);
