using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Routing;

/// <summary>How a node of a bucket is thought of (BEP 5).</summary>
public enum NodeState : byte
{
    /// <summary>Heard of lately, and it answers.</summary>
    Good,

    /// <summary>Not heard of for long, or it owes an answer.</summary>
    Questionable,

    /// <summary>It owes several answers.</summary>
    Bad,
}

/// <summary>A node in a <see cref="KBucket"/>: it has answered us at least once.</summary>
internal sealed class BucketNode(NodeContact contact, long nowTicks)
{
    public NodeContact Contact { get; } = contact;

    public NodeId Id => Contact.Id;

    public UdpAddress Address => Contact.Address;

    public bool IsSecure { get; } = SecureNodeId.Matches(contact.Id, contact.Address);

    public bool IsLocal { get; } = AddressFilter.IsLocal(contact.Address);

    public UdpAddress Host { get; } = NetworkOf.Host(contact.Address);

    public UdpAddress Network { get; } = NetworkOf.Narrow(contact.Address);

    /// <summary>When it last answered, or asked us something.</summary>
    public long LastSeen { get; set; } = nowTicks;

    public long? PingedAt { get; set; }

    /// <summary>Queries in a row that it did not answer.</summary>
    public int Failures { get; set; }
}
