using System.Net;

namespace Swarm.TestKit.Net;

/// <summary>A network of hosts in virtual time.</summary>
public sealed class SimNetwork
{
    /// <summary>An empty network. All chance comes from <paramref name="random"/>.</summary>
    public SimNetwork(Simulation simulation, Random random, SimNetworkSettings? settings = null)
    {
        Simulation = simulation;
        Random = random;
        Settings = settings ?? SimNetworkSettings.Default;
    }

    /// <summary>The measures and faults; may be changed at any time and holds for what comes after.</summary>
    public SimNetworkSettings Settings { get; set; }

    /// <summary>What happened so far.</summary>
    public SimNetworkCounters Counters { get; } = new();

    /// <summary>Connections of which an end is open or something is under way; 0 when nothing leaked.</summary>
    public int OpenConnections => throw new NotSupportedException();

    /// <summary>A hash over all that the network did and when. Equal for equal runs.</summary>
    public ulong EventHash => throw new NotSupportedException();

    /// <summary>Called for all that the network does: time, what. For printing, and for comparing runs.</summary>
    public Action<TimeSpan, string>? Trace { get; set; }

    internal Simulation Simulation { get; }

    internal Random Random { get; }

    /// <summary>
    /// Adds a host with an address of the world. With a kind of translator, that address is the outer one of a translator for this host alone (IPv4), and the host's own address is a private one that the
    /// network chooses. <paramref name="second"/> is an address of the other family, which is never translated.
    /// </summary>
    public SimHost AddHost(string name, IPAddress address, LinkProfile link, NatKind nat = NatKind.None, IPAddress? second = null) => throw new NotSupportedException();

    /// <summary>Adds a host with a private address behind a translator that it may share with others.</summary>
    public SimHost AddHost(string name, IPAddress address, LinkProfile link, SimNat nat, IPAddress? second = null) => throw new NotSupportedException();

    /// <summary>Adds a translator.</summary>
    public SimNat AddNat(IPAddress publicAddress, NatKind kind, NatSettings? settings = null) => throw new NotSupportedException();

    /// <summary>The way from one host to another; each direction is one of its own.</summary>
    public SimPath Path(SimHost from, SimHost to) => throw new NotSupportedException();

    /// <summary>Cuts two groups from each other: what is sent is swallowed, connections hang until their time is out. Partitions add up until <see cref="Heal"/>.</summary>
    public void Partition(IEnumerable<SimHost> first, IEnumerable<SimHost> second, PartitionKind kind = PartitionKind.Symmetric) => throw new NotSupportedException();

    /// <summary>Ends all partitions.</summary>
    public void Heal() => throw new NotSupportedException();

    /// <summary>Resets connections between hosts for which <paramref name="chosen"/> says so (dialer, listener), all by default. Answers how many.</summary>
    public int ResetConnections(Func<SimHost, SimHost, bool>? chosen = null) => throw new NotSupportedException();
}

/// <summary>One way from a host to another.</summary>
public sealed class SimPath
{
    /// <summary>What it does beyond the links of both; may be changed at any time.</summary>
    public PathRule Rule { get; set; } = PathRule.None;
}

/// <summary>An address translator between some hosts and the world.</summary>
public sealed class SimNat
{
    internal SimNat(IPAddress publicAddress, NatKind kind, NatSettings settings)
    {
        PublicAddress = publicAddress;
        Kind = kind;
        Settings = settings;
    }

    /// <summary>The outer address.</summary>
    public IPAddress PublicAddress { get; }

    /// <summary>How it maps and filters.</summary>
    public NatKind Kind { get; }

    /// <summary>Its measures.</summary>
    public NatSettings Settings { get; }
}
