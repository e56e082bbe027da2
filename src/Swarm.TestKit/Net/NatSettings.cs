namespace Swarm.TestKit.Net;

/// <summary>Kinds of address translators, as RFC 3489 names them.</summary>
public enum NatKind
{
    /// <summary>No translator: the host has an address of the world.</summary>
    None,

    /// <summary>A local endpoint has one port outside, and everybody may send to it.</summary>
    FullCone,

    /// <summary>One port outside; only addresses that were sent to may answer.</summary>
    RestrictedCone,

    /// <summary>One port outside; only endpoints that were sent to may answer.</summary>
    PortRestricted,

    /// <summary>A port outside for each remote endpoint; only that one may answer.</summary>
    Symmetric,
}

/// <summary>How an address translator behaves. A value out of its range throws when it is set.</summary>
public sealed record NatSettings
{
    /// <summary>No hairpin, mappings of two minutes, and silence for who knocks unasked.</summary>
    public static NatSettings Default { get; } = new();

    /// <summary>How long a mapping of datagrams lives after the last one out (RFC 4787: two minutes at least); 1 s to 1 day. Mappings of connections live as long as these.</summary>
    public TimeSpan MappingTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(2);

    /// <summary>Whether hosts behind the translator reach each other, and themselves, by its outer address.</summary>
    public bool Hairpin { get; init; }

    /// <summary>Whether a connection that nobody behind it asked for is refused; else it is swallowed and the dialer's time runs out.</summary>
    public bool RefusesUnasked { get; init; }

    /// <summary>Mappings at a time, after which what needs a new one is dropped; 1 to 60,000.</summary>
    public int MaxMappings { get; init => field = Setting.InRange(value, 1, 60_000); } = 16_384;
}
