namespace Swarm.Pbm;

/// <summary>Why a command was not carried out: one line for people, and what the program ends with.</summary>
internal sealed class PbmException(int exitCode, string message) : Exception(message)
{
    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
