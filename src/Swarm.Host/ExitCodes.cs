namespace Swarm.Host;

/// <summary>What the program ends with; 128 and a signal's number if one cut its work short.</summary>
internal static class ExitCodes
{
    /// <summary>What was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>It is not; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>A bug (EX_SOFTWARE of sysexits.h).</summary>
    public const int Internal = 70;

    /// <summary>The configuration has errors (EX_CONFIG of sysexits.h).</summary>
    public const int Configuration = 78;
}
