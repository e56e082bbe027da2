using Swarm.Actors.Torrents;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.World;

/// <summary>A torrent that a node was given, and what is seen of it from outside. It outlives the node's processes: a node that starts again is given it anew.</summary>
public sealed class SimTorrent
{
    internal SimTorrent(SimContent content, TorrentSource source, TorrentOptions options)
    {
        Content = content;
        Source = source;
        Options = options;
        VerifiedNow = new Bitfield(content.Geometry.PieceCount);
    }

    /// <summary>What is right.</summary>
    public SimContent Content { get; }

    /// <summary>What the node is given it by.</summary>
    public TorrentSource Source { get; }

    /// <summary>How it runs; from the second process on nothing is believed that the first one was told to.</summary>
    public TorrentOptions Options { get; internal set; }

    /// <summary>Whether it is its cluster, and nobody from outside, that has it run here or not.</summary>
    public bool IsPlaced { get; internal init; }

    /// <summary>Whether it is being removed: what it has said of itself holds no more.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>Whether it was acknowledged in the process that runs, or ran last.</summary>
    public bool IsAdded { get; internal set; }

    /// <summary>Why it was refused, or null.</summary>
    public string? Refusal { get; internal set; }

    /// <summary>The state that was published last, or null.</summary>
    public TorrentState? State { get; internal set; }

    /// <summary>Why it stands still, or null.</summary>
    public string? Reason { get; internal set; }

    /// <summary>What it said of itself when it was asked last; null before.</summary>
    public TorrentStatus? Status { get; internal set; }

    /// <summary>Pieces that were published as verified in the process that runs, or ran last.</summary>
    public Bitfield VerifiedNow { get; internal set; }

    /// <summary>Whether it has all that it wants.</summary>
    public bool IsComplete => State == TorrentState.Seeding;

    // A new process begins.
    internal void Forget()
    {
        IsAdded = false;
        IsLeaving = false;
        Refusal = null;
        State = null;
        Reason = null;
        Status = null;
        VerifiedNow = new Bitfield(Content.Geometry.PieceCount);
    }
}
