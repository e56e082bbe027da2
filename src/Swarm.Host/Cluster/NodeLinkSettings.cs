namespace Swarm.Host.Cluster;

/// <summary>Limits of the link between the nodes of a cluster.</summary>
internal sealed record NodeLinkSettings
{
    /// <summary>What a cluster uses unless configured otherwise.</summary>
    public static NodeLinkSettings Default { get; } = new();

    /// <summary>Messages that wait for one node, 16 to 100,000; one more is dropped.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 16, 100_000); } = 1_024;

    /// <summary>Bytes of messages that wait for one node, 64 KiB to 1 GiB; a message that would go beyond is dropped.</summary>
    public int QueueBytes { get; init => field = Setting.InRange(value, 64 << 10, 1 << 30); } = 4 << 20;

    /// <summary>Nodes that messages wait for, 16 to 10,000; those for one more are dropped.</summary>
    public int DestinationLimit { get; init => field = Setting.InRange(value, 16, 10_000); } = 1_024;

    /// <summary>Messages in one request, 1 to 10,000.</summary>
    public int BatchMessages { get; init => field = Setting.InRange(value, 1, 10_000); } = 256;

    /// <summary>Bytes of one request with messages or a call, 128 KiB to 16 MiB; a larger one is refused. All nodes must have the same.</summary>
    public int RequestBytes { get; init => field = Setting.InRange(value, 128 << 10, 16 << 20); } = 256 << 10;

    /// <summary>Bytes of the answer to a call, 64 KiB to 64 MiB; a larger one is not read.</summary>
    public int AnswerBytes { get; init => field = Setting.InRange(value, 64 << 10, 64 << 20); } = 2 << 20;

    /// <summary>How long a connection may take to stand, 100 ms to 1 min.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(2);

    /// <summary>How long a request with messages may take, at either side, 100 ms to 1 min.</summary>
    public TimeSpan RequestTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(3);

    /// <summary>How long a call may take, at either side, 100 ms to 5 min.</summary>
    public TimeSpan CallTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause after a node could not be reached, 1 ms to 1 min; each further failure doubles it.</summary>
    public TimeSpan FirstBackOff { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause, 1 ms to 1 min; it must be well below membership.suspect-after.</summary>
    public TimeSpan LongestBackOff { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(1);

    /// <summary>After so long without a message for it a node is forgotten and its connection closed, 1 s to 1 h.</summary>
    public TimeSpan IdleTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(2);

    /// <summary>How long a connection is used, 1 s to 1 day; then names are looked up and certificates shown anew.</summary>
    public TimeSpan ConnectionLifetime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(10);

    /// <summary>Connections of others at a time, 1 to 100,000; one more is closed.</summary>
    public int ConnectionLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 2_048;

    /// <summary>Connections from one address at a time, 1 to 10,000; one more is closed.</summary>
    public int ConnectionsPerAddress { get; init => field = Setting.InRange(value, 1, 10_000); } = 64;

    /// <summary>Requests on one connection at a time, 1 to 1,000.</summary>
    public int StreamsPerConnection { get; init => field = Setting.InRange(value, 1, 1_000); } = 8;

    /// <summary>Requests of others at a time, 1 to 10,000; one more is refused.</summary>
    public int ServedRequests { get; init => field = Setting.InRange(value, 1, 10_000); } = 512;

    /// <summary>Requests from one address at a time, 1 to 10,000; one more is refused.</summary>
    public int RequestsPerAddress { get; init => field = Setting.InRange(value, 1, 10_000); } = 64;

    /// <summary>Calls to others at a time, 1 to 10,000; one more is refused.</summary>
    public int CallLimit { get; init => field = Setting.InRange(value, 1, 10_000); } = 128;

    /// <summary>Processes that have proven themselves and are remembered, 16 to 100,000; the one not heard for longest makes room, and proves itself again when it sends.</summary>
    public int SessionLimit { get; init => field = Setting.InRange(value, 16, 100_000); } = 4_096;

    /// <summary>From one look at the certificates' files to the next, 1 s to 1 day; changed ones hold for new connections.</summary>
    public TimeSpan CertificateInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = TimeSpan.FromMinutes(1);
}
