namespace Swarm.TestKit;

/// <summary>A test kit's expectation was not met. The message says what was expected, what came instead, what is queued, and how to repeat the run.</summary>
public sealed class TestKitAssertionException(string message, Exception? innerException = null) : Exception(message, innerException);
