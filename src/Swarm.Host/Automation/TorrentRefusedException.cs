namespace Swarm.Host.Automation;

/// <summary>A torrent was not added, and the node goes on. The message is one line for people.</summary>
internal sealed class TorrentRefusedException(string message, bool isThereAlready) : Exception(message)
{
    /// <summary>Whether that is because it is there already.</summary>
    public bool IsThereAlready { get; } = isThereAlready;

    /// <summary>Whether the reason may go by itself.</summary>
    public bool IsToBeTriedAgain { get; init; }
}
