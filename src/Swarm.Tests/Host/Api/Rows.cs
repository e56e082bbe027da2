using System.Net;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.Host.Api;

/// <summary>Rows and details for tests, with as little said as the test is about.</summary>
internal static class Rows
{
    /// <summary>The hash of a number.</summary>
    public static InfoHash Hash(int number)
    {
        var bytes = new byte[Bytes20.Size];
        // Spread, so that beginnings differ.
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, number * -1_640_531_527);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), number);
        return new InfoHash(bytes);
    }

    /// <summary>A torrent at work.</summary>
    public static TorrentRow Row(int number, TorrentState state = TorrentState.Downloading) => new()
    {
        Torrent = Hash(number),
        Name = $"torrent {number}",
        State = state,
        Folder = "/content",
        HasMetadata = true,
        TotalLength = 1_000,
        SelectedLength = 1_000,
        AddedTicks = DateTime.UnixEpoch.Ticks + number,
    };

    /// <summary>The torrent looked at closely.</summary>
    public static TorrentDetails Details(TorrentRow row) => new()
    {
        Row = row,
        Status = new TorrentStatus { Torrent = row.Torrent, Name = row.Name, State = row.State, PieceCount = 10 },
        Options = new TorrentOptions { Folder = row.Folder },
    };

    /// <summary>A connection that is choked and wants nothing.</summary>
    public static PeerLine Peer(int number, bool weAreInterested = false, bool peerChokes = true, bool incoming = false, bool snubbed = false, bool peerIsInterested = false, long downloadRate = 0) => new(
        new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1_000 + number), "Peer 1.0", incoming, 0.5, 0, 0, downloadRate, 0, WeChoke: true, weAreInterested, peerChokes, peerIsInterested, snubbed);
}
