using System.Net;
using System.Net.Sockets;

namespace Swarm.Actors.Dht;

/// <summary>The node's DHT of one family, for those who use it. <paramref name="Port"/>: its UDP port, which is the one the node listens on; 0: the node listens nowhere, and nobody is told.</summary>
public sealed record DhtAccess(IActorRef Actor, AddressFamily Family, int Port)
{
    /// <summary>Whether an address is of the family; one of IPv4 in IPv6 form is of IPv4.</summary>
    public bool Reaches(IPAddress address) => (address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : address.AddressFamily) == Family;
}
