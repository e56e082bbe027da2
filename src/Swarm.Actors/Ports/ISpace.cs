namespace Swarm.Actors.Ports;

/// <summary>How much room there is where torrents are stored.</summary>
public interface ISpace
{
    /// <summary>Measures the file system that a folder is on, or will be. Answers <see cref="Measured"/>; nothing, if it cannot be measured.</summary>
    void Measure(string folder, IActorRef replyTo);

    /// <summary>Bytes that may still be written there.</summary>
    sealed record Measured(long FreeBytes);
}
