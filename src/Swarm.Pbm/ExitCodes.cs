namespace Swarm.Pbm;

/// <summary>What the program ends with, for scripts; 130 if it was interrupted.</summary>
internal static class ExitCodes
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>The node refused, or did only a part; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>No node answers at the address.</summary>
    public const int Unreachable = 3;

    /// <summary>The key is missing, wrong, or not enough for the command.</summary>
    public const int NotAllowed = 4;

    /// <summary>A bug (EX_SOFTWARE of sysexits.h).</summary>
    public const int Internal = 70;

    /// <summary>Ctrl-C, as shells have it.</summary>
    public const int Interrupted = 130;
}
