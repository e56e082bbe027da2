using System.Collections.Immutable;

namespace Swarm.Actors.Torrents;

/// <summary>
/// What is known of a torrent without its metainfo and its bitfield: enough to list it, to announce it and to decide whether it may rest. Recorded beside them whenever they are, so that a node with a
/// hundred thousand torrents starts by reading these alone. Lengths in bytes, moments in UTC ticks (0: never).
/// </summary>
public sealed record TorrentSummary
{
    /// <summary>The torrent's own name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the info dictionary is known; lengths are 0 until it is.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Whether BEP 27 forbids the DHT and the exchange of peers.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Bytes of the whole torrent.</summary>
    public long TotalLength { get; init; }

    /// <summary>Bytes of the wanted pieces.</summary>
    public long SelectedLength { get; init; }

    /// <summary>Bytes of the wanted pieces that are verified and durable.</summary>
    public long VerifiedLength { get; init; }

    /// <summary>Pieces in all.</summary>
    public int PieceCount { get; init; }

    /// <summary>Pieces that are verified and durable, wanted or not.</summary>
    public int VerifiedPieces { get; init; }

    /// <summary>Payload bytes received in all runs.</summary>
    public long Downloaded { get; init; }

    /// <summary>Payload bytes sent in all runs.</summary>
    public long Uploaded { get; init; }

    /// <summary>When the last wanted piece was verified.</summary>
    public long CompletedTicks { get; init; }

    /// <summary>When payload last moved, either way.</summary>
    public long ActiveTicks { get; init; }

    /// <summary>The trackers in tiers, as they are announced to.</summary>
    public ImmutableArray<ImmutableArray<string>> TrackerTiers { get; init; } = [];

    /// <summary>Whether every piece of the torrent is there, not only the wanted ones.</summary>
    public bool HasEverything => HasMetadata && VerifiedPieces == PieceCount;

    /// <summary>Whether every wanted piece is verified.</summary>
    public bool IsComplete => HasMetadata && VerifiedLength == SelectedLength;
}
