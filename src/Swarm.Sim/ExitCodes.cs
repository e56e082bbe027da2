namespace Swarm.Sim;

/// <summary>What the program ends with.</summary>
internal static class ExitCodes
{
    /// <summary>All promises held.</summary>
    public const int Done = 0;

    /// <summary>One was broken, or two runs of a seed differed.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>A bug in the program itself (EX_SOFTWARE of sysexits.h).</summary>
    public const int Internal = 70;
}
