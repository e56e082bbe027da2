namespace Swarm.Host;

/// <summary>The node cannot listen where it was told to. Apart from other errors because whoever chose the port itself tries another one.</summary>
public sealed class ListenException : SwarmException
{
    /// <summary>With the line to show.</summary>
    public ListenException(string message) : base(message)
    {
    }

    /// <summary>With the line to show and its cause, for the log.</summary>
    public ListenException(string message, Exception cause) : base(message, cause)
    {
    }

    /// <summary>Without a reason; not used.</summary>
    public ListenException()
    {
    }
}
