namespace Swarm.Io.Store.Migration;

/// <summary>A store at one end of a migration failed. The message is one line for people.</summary>
internal sealed class StoreEndException(string message, Exception cause) : Exception(message, cause);
