using System.Collections.Immutable;

namespace Swarm.Actors.Ports;

/// <summary>
/// Other programs on this machine. A call returns at once and never throws for what the world does; how it ended is told later.
/// </summary>
public interface IPrograms
{
    /// <summary>Runs a program without a shell; every argument reaches it as it is. <paramref name="owner"/> is told <see cref="Ended"/> or <see cref="NotRun"/>, once.</summary>
    /// <param name="program">The program's absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="timeout">After so long it and its children are killed.</param>
    /// <param name="tag">The owner's own; comes back.</param>
    /// <param name="owner">Who is told.</param>
    void Run(string program, ImmutableArray<string> arguments, TimeSpan timeout, long tag, IActorRef owner);

    /// <summary>It has ended, or was killed because its time was over. <paramref name="Output"/>: the end of what it wrote to both its outputs.</summary>
    sealed record Ended(long Tag, int ExitCode, bool TimedOut, string Output);

    /// <summary>It could not be started; <paramref name="Reason"/> is one line for people.</summary>
    sealed record NotRun(long Tag, string Reason);
}
