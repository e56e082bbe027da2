using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Dht;

// What it may be told, and what it answers. Every command has a tag that comes back, and is answered by its result or by Failed, exactly once; what streams before that says so.
public sealed partial class DhtActor
{
    /// <summary>Is a node there? Answered with <see cref="Ponged"/> or <see cref="Failed"/>.</summary>
    public sealed record Ping(long Tag, IPEndPoint Node);

    /// <summary>It is. <paramref name="ExternalAddress"/>: how it sees us, if it says so. <paramref name="Version"/>: its client, raw, perhaps empty.</summary>
    public sealed record Ponged(long Tag, NodeContact Node, TimeSpan RoundTrip, IPEndPoint? ExternalAddress, ImmutableArray<byte> Version);

    /// <summary>Which nodes are closest to a target? Answered with <see cref="NodesFound"/> or <see cref="Failed"/>.</summary>
    public sealed record FindNode(long Tag, NodeId Target);

    /// <summary>The closest that answered, the closest first.</summary>
    public sealed record NodesFound(long Tag, NodeId Target, ImmutableArray<NodeContact> Nodes, LookupStats Stats);

    /// <summary>Who has a torrent? Answered with any number of <see cref="PeersFound"/>, then <see cref="PeersDone"/> or <see cref="Failed"/>. <paramref name="Scrape"/>: estimate how many there are (BEP 33).</summary>
    public sealed record GetPeers(long Tag, InfoHash Torrent, bool Scrape = false);

    /// <summary>Peers, each once, as they come in.</summary>
    public sealed record PeersFound(long Tag, InfoHash Torrent, ImmutableArray<IPEndPoint> Peers);

    /// <summary>No more peers come. <paramref name="Swarm"/>: the estimate, if it was asked for and any node gave one.</summary>
    public sealed record PeersDone(long Tag, InfoHash Torrent, int Peers, SwarmEstimate? Swarm, LookupStats Stats);

    /// <summary>
    /// We have a torrent, or a part of it: announce us under <paramref name="Port"/>. Answered with any number of <see cref="PeersFound"/>, then <see cref="Announced"/> or <see cref="Failed"/>.
    /// </summary>
    public sealed record Announce(long Tag, InfoHash Torrent, int Port, bool IsSeed);

    /// <summary>So many nodes have taken the announce, at least one.</summary>
    public sealed record Announced(long Tag, InfoHash Torrent, int Peers, int Nodes, LookupStats Stats);

    /// <summary>What is kept under a target (BEP 44)? <paramref name="Salt"/>: of a mutable item. Answered with <see cref="ItemFound"/> or <see cref="Failed"/>.</summary>
    public sealed record GetItem(long Tag, NodeId Target, ImmutableArray<byte> Salt);

    /// <summary>The item, checked, of a mutable one the newest; so many nodes have it.</summary>
    public sealed record ItemFound(long Tag, DhtItem Item, int Copies, LookupStats Stats);

    /// <summary>Keep an item (BEP 44), of a mutable one only if it replaces number <paramref name="Cas"/>. Answered with <see cref="ItemPut"/> or <see cref="Failed"/>.</summary>
    public sealed record PutItem(long Tag, DhtItem Item, long? Cas);

    /// <summary>So many nodes keep it, at least one. <paramref name="Refusal"/>: what a node that does not said, or null.</summary>
    public sealed record ItemPut(long Tag, NodeId Target, int Nodes, string? Refusal, LookupStats Stats);

    /// <summary>Some info-hashes that nodes near a target have peers for (BEP 51). Answered with <see cref="SamplesFound"/> or <see cref="Failed"/>.</summary>
    public sealed record SampleInfohashes(long Tag, NodeId Target);

    /// <summary>Info-hashes, each once.</summary>
    public sealed record SamplesFound(long Tag, ImmutableArray<InfoHash> Samples, LookupStats Stats);

    /// <summary>A command came to nothing; <paramref name="Reason"/> is one line for people.</summary>
    public sealed record Failed(long Tag, string Reason);

    /// <summary>Nodes that somebody told of; they are pinged, and names are looked up before. Not answered.</summary>
    public sealed record AddNodes(ImmutableArray<HostEndPoint> Nodes);

    /// <summary>These are of the same cluster: they are asked whenever there is nobody else to ask, like routers, and are nodes like any other besides.</summary>
    public sealed record AddMembers(ImmutableArray<HostEndPoint> Members);

    /// <summary>A peer says that it has a node at its own address (BEP 5, "port"). Not answered.</summary>
    public sealed record AddNode(IPEndPoint Node);

    /// <summary>Asks for a <see cref="DhtStatus"/>.</summary>
    public sealed record GetStatus;

    /// <summary>The DHT of the other family: the two tell each other their tables (BEP 32).</summary>
    public sealed record Meet(IActorRef Other);

    /// <summary>Answered with <see cref="SocketSettled"/> when the socket is open, or not to be had.</summary>
    public sealed record AwaitSocket;

    /// <summary>From now on it hears what is sent to it, unless it has no socket.</summary>
    public sealed record SocketSettled;

    /// <summary>Saves the table; answered with <see cref="Drained"/>.</summary>
    public sealed record Drain;

    /// <summary>The table is saved, as well as can be.</summary>
    public sealed record Drained;

    /// <summary>From the other family.</summary>
    internal sealed record OtherTable(RoutingTable Table);

    /// <summary>From the other family: where nodes of this one may be, as a node of that one says (BEP 32).</summary>
    internal sealed record NodesTold(ImmutableArray<UdpAddress> Addresses, UdpAddress By);

    private sealed record Pulsed
    {
        public static readonly Pulsed Instance = new();
    }

    private sealed record Beaten
    {
        public static readonly Beaten Instance = new();
    }

    private sealed record BootstrapDue
    {
        public static readonly BootstrapDue Instance = new();
    }

    private sealed record OpenAgain
    {
        public static readonly OpenAgain Instance = new();
    }
}

/// <summary>What a lookup took. <paramref name="Hops"/>: the most nodes on the way to one of the closest.</summary>
public sealed record LookupStats(int Queries, int Answers, int Hops, LookupEnd End, TimeSpan Took);

/// <summary>How many have a torrent, by estimate (BEP 33).</summary>
public sealed record SwarmEstimate(double Seeds, double Peers);
