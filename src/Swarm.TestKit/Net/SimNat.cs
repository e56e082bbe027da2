using System.Net;

namespace Swarm.TestKit.Net;

/// <summary>An address translator (IPv4) between the hosts behind it and the world.</summary>
public sealed class SimNat
{
    private readonly List<SimHost> _hosts = [];

    internal SimNat(IPAddress publicAddress, NatKind kind, NatSettings settings)
    {
        PublicAddress = publicAddress;
        Kind = kind;
        Settings = settings;
        Table = new NatTable(kind, settings);
    }

    /// <summary>The outer address.</summary>
    public IPAddress PublicAddress { get; }

    /// <summary>How it maps and filters.</summary>
    public NatKind Kind { get; }

    /// <summary>Its measures.</summary>
    public NatSettings Settings { get; }

    /// <summary>Mappings there are, those included that have run out and were not looked at since.</summary>
    public int Mappings => Table.Count;

    internal NatTable Table { get; }

    /// <summary>Any host behind it: the way to the translator is the way to that one.</summary>
    internal SimHost? First => _hosts.Count > 0 ? _hosts[0] : null;

    internal void Add(SimHost host) => _hosts.Add(host);

    internal SimHost? Find(IPAddress address) => _hosts.Find(host => host.Address.Equals(address));
}
