namespace Swarm.TestKit.World;

/// <summary>A promise of the program was broken in a simulated world. The message says which, how, at what time, what happened before, and the command that plays it again.</summary>
public sealed class CheckFailedException : Exception
{
    /// <summary>A failure without a promise.</summary>
    public CheckFailedException()
    {
    }

    /// <summary>A failure with its text.</summary>
    public CheckFailedException(string message) : base(message)
    {
    }

    /// <summary>A failure with its text and what caused it.</summary>
    public CheckFailedException(string message, Exception innerException) : base(message, innerException)
    {
    }

    internal CheckFailedException(string promise, string message, Exception? inner = null) : base(message, inner) => Promise = promise;

    /// <summary>The promise.</summary>
    public string Promise { get; } = "";
}
