namespace Swarm.Actors.Store;

/// <summary>The store failed in a way that no retry mends: a damaged file, permissions taken away, a disk that fails. The node cannot write, so it must not run on.</summary>
public sealed class StoreFailedException : Exception
{
    /// <summary><paramref name="message"/> is one line for people.</summary>
    public StoreFailedException(string message) : base(message) { }

    /// <summary>With the exception that led to it.</summary>
    public StoreFailedException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Without a reason; not used.</summary>
    public StoreFailedException() { }
}
