using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>What is done with a torrent.</summary>
public enum AutomationAction
{
    /// <summary>Nothing; the reason says why not.</summary>
    Keep,

    /// <summary>It has to wait in the queue.</summary>
    Hold,

    /// <summary>It may go on, from the queue.</summary>
    Release,

    /// <summary>It is paused.</summary>
    Pause,

    /// <summary>It is forgotten; its files stay.</summary>
    Remove,

    /// <summary>It is forgotten, and its files are deleted.</summary>
    RemoveWithData,

    /// <summary>Its files are moved.</summary>
    Move,

    /// <summary>A program is run for it.</summary>
    Run,
}

/// <summary>What is, or would be, done with a torrent, and why.</summary>
/// <param name="Torrent">The torrent.</param>
/// <param name="Action">What.</param>
/// <param name="Reason">Why, one line for people.</param>
public sealed record AutomationStep(TorrentRow Torrent, AutomationAction Action, string Reason)
{
    /// <summary>Of a move: where to.</summary>
    public string? Folder { get; init; }
}
