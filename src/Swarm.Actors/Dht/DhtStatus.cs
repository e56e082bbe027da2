using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.Actors.Dht;

/// <summary>How the DHT of one family stands.</summary>
public sealed record DhtStatus
{
    /// <summary>The family.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>Our id.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Where its socket is bound; null: it has none.</summary>
    public IPEndPoint? Local { get; init; }

    /// <summary>How others see us, port 0, once enough agree; null before.</summary>
    public IPEndPoint? External { get; init; }

    /// <summary>Whether others have been found.</summary>
    public bool IsBootstrapped { get; init; }

    /// <summary>Nodes that may be handed on.</summary>
    public int Nodes { get; init; }

    /// <summary>The buckets by their ranges.</summary>
    public ImmutableArray<BucketStatus> Buckets { get; init; } = [];

    /// <summary>Info-hashes, their peers, and items that are kept for others.</summary>
    public (int Swarms, int Peers, int Items) Stored { get; init; }

    /// <summary>Lookups under way, and commands that wait.</summary>
    public (int Running, int Waiting) Lookups { get; init; }

    /// <summary>Queries answered, by method, in the order of <see cref="KrpcMethod"/>.</summary>
    public ImmutableArray<long> Answered { get; init; } = [];

    /// <summary>What went over the wire, and what was refused.</summary>
    public DhtTraffic Traffic { get; init; } = new();
}

/// <summary>A bucket: its range as bits and a star, its nodes, those that wait for a place.</summary>
public sealed record BucketStatus(string Range, int Nodes, int Spares);

/// <summary>Counters since the start.</summary>
public sealed record DhtTraffic
{
    /// <summary>Datagrams received.</summary>
    public long Received { get; init; }

    /// <summary>Their bytes.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Bytes sent.</summary>
    public long SentBytes { get; init; }

    /// <summary>Datagrams that the operating system did not take.</summary>
    public long Unsent { get; init; }

    /// <summary>Datagrams that were no KRPC messages.</summary>
    public long Malformed { get; init; }

    /// <summary>Queries of ours.</summary>
    public long Queries { get; init; }

    /// <summary>Those in flight.</summary>
    public int InFlight { get; init; }

    /// <summary>Those that got no answer.</summary>
    public long TimedOut { get; init; }

    /// <summary>Answers to nothing that we asked.</summary>
    public long Unmatched { get; init; }

    /// <summary>Queries not answered because their host, their network, or all together sent too many.</summary>
    public long RateLimited { get; init; }

    /// <summary>Queries from where no node can be.</summary>
    public long RefusedSources { get; init; }

    /// <summary>Queries answered with an error.</summary>
    public long Errors { get; init; }

    /// <summary>Answers cut because the asker had not proven itself.</summary>
    public long Shortened { get; init; }

    /// <summary>Commands, names and addresses that found no room.</summary>
    public long Dropped { get; init; }
}
