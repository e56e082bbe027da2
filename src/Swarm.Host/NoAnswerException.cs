namespace Swarm.Host;

/// <summary>The node lives and did not answer in time. What it was asked for may be done all the same: whoever may ask again looks first, or asks for what does no harm twice.</summary>
public sealed class NoAnswerException : SwarmException
{
    /// <summary>With the line to show.</summary>
    public NoAnswerException(string message) : base(message)
    {
    }

    /// <summary>With the line to show and its cause, for the log.</summary>
    public NoAnswerException(string message, Exception cause) : base(message, cause)
    {
    }

    /// <summary>Without a reason; not used.</summary>
    public NoAnswerException()
    {
    }
}
