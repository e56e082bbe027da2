namespace Swarm.Host;

/// <summary>Something the user must know and can act on. The message is one line: what, where, what to do. Shown without a stack trace; the program exits with a failure.</summary>
public class SwarmException : Exception
{
    /// <summary>With the line to show.</summary>
    public SwarmException(string message) : base(message)
    {
    }

    /// <summary>With the line to show and its cause, for the log.</summary>
    public SwarmException(string message, Exception cause) : base(message, cause)
    {
    }

    /// <summary>Without a reason; not used.</summary>
    public SwarmException() : this("something went wrong")
    {
    }
}
