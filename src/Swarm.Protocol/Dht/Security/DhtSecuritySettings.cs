using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>How a DHT node defends itself and others. Every property refuses a value outside its range with an <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record DhtSecuritySettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static DhtSecuritySettings Default { get; } = new();

    /// <summary>The greatest rate of queries, a second.</summary>
    public const int MostQueries = 10_000_000;

    /// <summary>
    /// Queries a second that one host may send, 1 to <see cref="MostQueries"/>. A client asks the same node a few times in a lookup, so fifty are for dozens of clients behind one address, or for one that crawls;
    /// ten of them could not make the node send what one video takes.
    /// </summary>
    public int QueriesPerHost { get; init => field = Setting.InRange(value, 1, MostQueries); } = 50;

    /// <summary>Queries a second that one /24 or /64 may send, 1 to <see cref="MostQueries"/>: who has a whole network has no more than four hosts' share.</summary>
    public int QueriesPerNetwork { get; init => field = Setting.InRange(value, 1, MostQueries); } = 200;

    /// <summary>
    /// Queries a second that are answered in all, 1 to <see cref="MostQueries"/>. A node of the public DHT is asked some hundred times a second, near a popular info-hash some thousand times; the limit is for floods from forged
    /// addresses, which no limit for a host can see. It costs at most a third of a core and, as an answer to an unproven address has about 300 bytes, 15 MB/s.
    /// </summary>
    public int QueriesInAll { get; init => field = Setting.InRange(value, 1, MostQueries); } = 50_000;

    /// <summary>Seconds' worth of queries that may come at once, 1 to 60.</summary>
    public int QueryBurstSeconds { get; init => field = Setting.InRange(value, 1, 60); } = 2;

    /// <summary>Hosts, and networks, whose rates are remembered, 64 to 1,000,000; 48 bytes each, in four tables.</summary>
    public int RememberedSources { get; init => field = Setting.InRange(value, 64, 1_000_000); } = 8_192;

    /// <summary>An answer to an unproven address has at most this many times the bytes of the question, 1 to 20. An answer with eight nodes is about four times a question.</summary>
    public int AnswerRatio { get; init => field = Setting.InRange(value, 1, 20); } = 5;

    /// <summary>Bytes a second by which all answers together may exceed that, 0 to 100 MB: what the node could at most be abused to add to an attack. Long lists of peers and items to first-time askers come out of it.</summary>
    public int UnprovenBytesPerSecond { get; init => field = Setting.InRange(value, 0, 100_000_000); } = 16 * 1024;

    /// <summary>How long an address counts as proven, 10 s to 24 h.</summary>
    public TimeSpan ProvenFor { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24)); } = TimeSpan.FromMinutes(10);

    /// <summary>How long a secret makes tokens, 10 s to 1 h; a token is valid for one to two times that. BEP 5: five minutes.</summary>
    public TimeSpan TokenPeriod { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(5);

    /// <summary>Whether loopback and private addresses are ever used. If so, only hosts with such addresses may tell us of others.</summary>
    public bool AcceptLocal { get; init; } = true;

    /// <summary>The lowest port that a node or peer may have, 1 to 65,535. Nobody listens at 1, though it is often told of.</summary>
    public int LowestPort { get; init => field = Setting.InRange(value, 1, 65_535); } = 2;

    /// <summary>Votes that a claim about our address needs, 1 to 64.</summary>
    public int LeastVotes { get; init => field = Setting.InRange(value, 1, 64); } = 4;

    /// <summary>Votes remembered, one a network, 8 to 1,024.</summary>
    public int RememberedVotes { get; init => field = Setting.InRange(value, 8, 1_024); } = 64;

    /// <summary>How long a vote counts, 1 min to 24 h.</summary>
    public TimeSpan VoteLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)); } = TimeSpan.FromHours(1);

    /// <summary>Queries a second that we send to one host at most, 1 to 1,000. libtorrent blocks a host for five minutes that sends more than five.</summary>
    public int OwnQueriesPerHost { get; init => field = Setting.InRange(value, 1, 1_000); } = 3;
}
