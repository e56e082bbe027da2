namespace Swarm.TestKit.World;

/// <summary>A promise of the program was broken in a simulated world. The message says which, how, at what time, what happened before, and the command that plays it again.</summary>
public sealed class CheckFailedException : Exception
{
    internal CheckFailedException(string promise, string message) : base(message) => Promise = promise;

    /// <summary>The promise.</summary>
    public string Promise { get; }
}
