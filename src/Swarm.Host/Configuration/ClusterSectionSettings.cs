using System.Collections.Immutable;
using System.Net;
using System.Text;
using Swarm.Actors.Cluster;
using Swarm.Host.Cluster;
using Swarm.Io.Store.Postgres;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Configuration;

/// <summary>A node as a member of a cluster: who it is there, how members know each other, what it is for, and how the cluster works. Made into <see cref="ClusterSettings"/> and <see cref="NodeLinkOptions"/>, which have what each part takes.</summary>
internal sealed record ClusterSectionSettings : IChecked
{
    private static readonly ClusterSettings Usual = new() { Name = "", EndPoint = "", Folder = "", Traits = new MemberTraits { Storage = "" } };

    /// <summary>The cluster's name: nodes of others are not heard.</summary>
    public string? Name { get; init; }

    /// <summary>Where other nodes reach this one, as host:port. It is this node's name in the cluster, and no other process may ever have it at the same time.</summary>
    public string? EndPoint { get; init; }

    /// <summary>Where to listen for other nodes; empty: at the end point's address, or everywhere if it has a name, at its port.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [];

    /// <summary>A secret that all members know, 32 bytes or more.</summary>
    [Secret]
    public string? Secret { get; init; }

    /// <summary>A file with that secret.</summary>
    public string? SecretFile { get; init; }

    /// <summary>Certificates that members know each other by.</summary>
    public ClusterTlsSettings Tls { get; init; } = new();

    /// <summary>What this node is for.</summary>
    public ImmutableArray<MemberRoles> Roles { get; init; } = [MemberRoles.Storage, MemberRoles.Planner];

    /// <summary>Its share of torrents relative to others, 0.01 to 1,000.</summary>
    public double Weight { get; init => field = Setting.InRange(value, 0.01, 1_000.0); } = 1;

    /// <summary>What fails together with it; empty: the one zone of all that name none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The place where its content lies, by name; null: its end point.</summary>
    public string? Storage { get; init; }

    /// <summary>The absolute folder below which each torrent of the cluster has one of its own; null: "cluster" in the data folder.</summary>
    public string? Folder { get; init; }

    /// <summary>The address that peers of other nodes dial; null: the end point's, if it is an address, else where the node listens, if that is one address.</summary>
    public IPAddress? PeerAddress { get; init; }

    /// <summary>Replicas of a torrent that is added without saying how many, 0 to 32; 0: it is this node's alone.</summary>
    public int Replicas { get; init => field = Setting.InRange(value, 0, ClusterLimits.MaxReplicas); } = 2;

    /// <summary>Payload bytes a second that all nodes together may receive, 0 for no limit.</summary>
    public long DownloadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>Payload bytes a second that all nodes together may send, 0 for no limit.</summary>
    public long UploadLimit { get; init => field = Setting.InRange(value, 0L, long.MaxValue); }

    /// <summary>How long a ban of a peer that lied holds for all nodes, 1 s to 365 days.</summary>
    public TimeSpan BanTime { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)); } = Usual.BanTime;

    /// <summary>How members watch each other.</summary>
    public MembershipSettings Membership { get; init; } = MembershipSettings.Default;

    /// <summary>How torrents are placed.</summary>
    public PlacementSettings Placement { get; init; } = PlacementSettings.Default;

    /// <summary>How replicas that fetch the same torrent divide it.</summary>
    public OutsideFetchSettings OutsideFetch { get; init; } = OutsideFetchSettings.Default;

    /// <summary>How limits are divided.</summary>
    public QuotaSettings Quota { get; init; } = QuotaSettings.Default;

    /// <summary>How bans are shared.</summary>
    public BanSettings Bans { get; init; } = BanSettings.Default;

    /// <summary>Limits of the way to the cluster's tables.</summary>
    public PostgresClusterSettings Tables { get; init; } = PostgresClusterSettings.Default;

    /// <summary>Limits of the link between nodes.</summary>
    public NodeLinkSettings Link { get; init; } = NodeLinkSettings.Default;

    /// <summary>Commands for the tables that may wait, 1 to 1,000,000.</summary>
    public int TableQueueLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = Usual.TableQueueLimit;

    /// <summary>Commands in one batch, 1 to 10,000.</summary>
    public int TableBatchLimit { get; init => field = Setting.InRange(value, 1, 10_000); } = Usual.TableBatchLimit;

    /// <summary>Changed torrents in one read, 1 to 100,000.</summary>
    public int ReadLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = Usual.ReadLimit;

    /// <summary>How long the row of a forgotten torrent stays at least, 1 min to 365 days.</summary>
    public TimeSpan ForgottenRetention { get; init => field = Setting.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)); } = Usual.ForgottenRetention;

    /// <summary>Rows of forgotten torrents that are purged at once, 1 to 100,000.</summary>
    public int PurgeLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = Usual.PurgeLimit;

    /// <summary>From one look at what is to be run here to the next, 50 ms to 1 min.</summary>
    public TimeSpan ReplicaInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)); } = Usual.ReplicaInterval;

    /// <summary>Torrents that are being started here at a time, 1 to 10,000.</summary>
    public int MaxStarting { get; init => field = Setting.InRange(value, 1, 10_000); } = Usual.MaxStarting;

    /// <summary>How long a replica that failed is left alone, 1 s to 1 day.</summary>
    public TimeSpan RetryDelay { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)); } = Usual.RetryDelay;

    /// <summary>How often replicas that are not complete are told of each other anew, 1 s to 1 h.</summary>
    public TimeSpan PeerInterval { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = Usual.PeerInterval;

    /// <summary>From one report of a node to the others to the next, 100 ms to 10 min.</summary>
    public TimeSpan ReportInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)); } = Usual.ReportInterval;

    /// <summary>How long somebody who adds a torrent waits for it to be durable and replicated, 1 s to 7 days.</summary>
    public TimeSpan CommandPatience { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)); } = Usual.CommandPatience;

    /// <summary>Commands that may wait in one node's router, 1 to 1,000,000.</summary>
    public int MaxWaitingCommands { get; init => field = Setting.InRange(value, 1, 1_000_000); } = Usual.MaxWaitingCommands;

    /// <summary>Events that wait to be told to other nodes, 1 to 1,000.</summary>
    public int MaxWaitingEvents { get; init => field = Setting.InRange(value, 1, ClusterLimits.MaxMessageEntries); } = Usual.MaxWaitingEvents;

    /// <summary>How long a node that stops waits for the tables to say so, 100 ms to 1 min.</summary>
    public TimeSpan LeaveTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = Usual.LeaveTimeout;

    /// <summary>Where it really listens for other nodes.</summary>
    public ImmutableArray<IPEndPoint> ListenAt => Listen.IsEmpty && EndPoint is not null ? NodeLinkOptions.ListenFor(EndPoint) : Listen;

    /// <summary>The place of its content, by name.</summary>
    public string StorageName => Storage ?? EndPoint ?? "";

    /// <summary>Where torrents of the cluster lie.</summary>
    public string FolderIn(string dataFolder) => Folder ?? Path.Combine(dataFolder, "cluster");

    /// <summary>What is missing of one that is to be a member, one line each; <paramref name="listensAtOne"/>: its peers listen at one address of its own.</summary>
    public IEnumerable<string> Missing(bool listensAtOne)
    {
        if (string.IsNullOrEmpty(Name)) yield return "the cluster needs a name, the same at all its nodes: name = …";
        if (EndPoint is null) yield return "other nodes need to know where this one is: end-point = \"HOST:PORT\", by which all of them reach it";
        if (Secret is null && SecretFile is null && Tls.Certificate is null && ListenAt.Any(static at => !IPAddress.IsLoopback(at.Address)))
            yield return "the link would be open to whoever comes: give all nodes the same secret-file (or secret), or certificates (tls), or listen on 127.0.0.1";
        if (PeerEndPointAddress is null && !listensAtOne) yield return "peers of other nodes would not find this one: say where they dial it, peer-address = …, or let swarm.node.listen name one address";
    }

    /// <summary>How the node takes part.</summary>
    public ClusterSettings ToCluster(string dataFolder) => new()
    {
        Name = Name!,
        EndPoint = EndPoint!,
        Traits = new MemberTraits { Storage = StorageName, Zone = Zone, Weight = Weight, Roles = Roles.Aggregate(MemberRoles.None, static (all, role) => all | role) },
        Folder = FolderIn(dataFolder),
        PeerAddress = PeerEndPointAddress,
        Membership = Membership,
        Placement = Placement,
        OutsideFetch = OutsideFetch,
        Quota = Quota,
        Bans = Bans,
        DownloadLimit = DownloadLimit,
        UploadLimit = UploadLimit,
        BanTime = BanTime,
        TableQueueLimit = TableQueueLimit,
        TableBatchLimit = TableBatchLimit,
        ReadLimit = ReadLimit,
        ForgottenRetention = ForgottenRetention,
        PurgeLimit = PurgeLimit,
        ReplicaInterval = ReplicaInterval,
        MaxStarting = MaxStarting,
        RetryDelay = RetryDelay,
        PeerInterval = PeerInterval,
        ReportInterval = ReportInterval,
        CommandPatience = CommandPatience,
        MaxWaitingCommands = MaxWaitingCommands,
        MaxWaitingEvents = MaxWaitingEvents,
        LeaveTimeout = LeaveTimeout,
    };

    /// <summary>How it is linked to the others.</summary>
    /// <exception cref="SwarmException">The file of the key cannot be read, or holds too little.</exception>
    public NodeLinkOptions ToLink() => new(Name!, EndPoint!, ListenAt, ReadSecret(), Tls.Files, Link);

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (EndPoint is not null && (EndPoint.Length > ClusterLimits.MaxNameLength || !IsText(EndPoint) || !NodeLinkOptions.TrySplit(EndPoint, out _, out var port) || port == 0)) yield return (nameof(EndPoint), "it is a host and a port, such as \"node-1.example.net:9120\"");
        if (Secret is not null && SecretFile is not null) yield return (nameof(SecretFile), "there is a secret already; take one of the two away");
        if (Secret is not null && Bytes(Secret).Length < NodeLinkOptions.MinKeyBytes) yield return (nameof(Secret), $"it has {Bytes(Secret).Length} bytes, and {NodeLinkOptions.MinKeyBytes} or more are needed; 'openssl rand -hex 32' makes one");
        if (Storage is not null && Storage.Length is 0 or > ClusterLimits.MaxNameLength) yield return (nameof(Storage), $"it has 1 to {ClusterLimits.MaxNameLength} characters");
        if (Storage is not null && !IsText(Storage)) yield return (nameof(Storage), "it has no control characters");
        if (!IsText(Zone)) yield return (nameof(Zone), "it has no control characters");
        if (Zone.Length > ClusterLimits.MaxNameLength) yield return (nameof(Zone), $"it has at most {ClusterLimits.MaxNameLength} characters");
        if (Folder is not null && !Path.IsPathRooted(Folder)) yield return (nameof(Folder), "it must be absolute");
        if (Membership.Problem is { } wrong) yield return (nameof(Membership), wrong);
        if (Tables.Timeout * 2 > Membership.WritingTime) yield return (nameof(Tables), "timeout must be half of the time that a session leaves for writing or less (session-lease of membership, less its drift and its margin), or one answer that does not come costs a session");
        if (Link.LongestBackOff * 2 > Membership.SuspectAfter) yield return (nameof(Link), "longest-back-off must be half of membership.suspect-after or less, or a node would be suspected that is only being tried again");
    }

    private string? PeerEndPointAddress => PeerAddress is { } address ? Written(address)
        : EndPoint is not null && NodeLinkOptions.TrySplit(EndPoint, out var host, out _) && IPAddress.TryParse(host, out var own) ? Written(own) : null;

    private static string Written(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    // A text that the database takes, and people see as they wrote it.
    private static bool IsText(string name) => !name.EnumerateRunes().Any(static rune => Rune.IsControl(rune) || rune == Rune.ReplacementChar);

    private static ImmutableArray<byte> Bytes(string secret) => [.. Encoding.UTF8.GetBytes(secret.Trim())];

    private ImmutableArray<byte> ReadSecret()
    {
        if (SecretFile is null) return Secret is null ? [] : Bytes(Secret);
        try
        {
            var key = Bytes(File.ReadAllText(SecretFile));
            return key.Length >= NodeLinkOptions.MinKeyBytes ? key : throw new SwarmException($"the cluster's secret in {SecretFile} has {key.Length} bytes, and {NodeLinkOptions.MinKeyBytes} or more are needed; 'openssl rand -hex 32' makes one (swarm.cluster.secret-file)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SwarmException($"the cluster's secret cannot be read: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')} (swarm.cluster.secret-file)", e);
        }
    }
}

/// <summary>The files of mutual TLS between members, PEM; all of them or none.</summary>
internal sealed record ClusterTlsSettings : IChecked
{
    /// <summary>This node's certificate, with those above it.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key.</summary>
    public string? Key { get; init; }

    /// <summary>The certificates of the authorities that members' certificates come from.</summary>
    public string? Authority { get; init; }

    /// <summary>All of them, or null.</summary>
    public LinkTlsFiles? Files => Certificate is not null && Key is not null && Authority is not null ? new LinkTlsFiles(Certificate, Key, Authority) : null;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (Files is null && (Certificate ?? Key ?? Authority) is not null) yield return (nameof(Certificate), "certificate, key and authority are needed together");
    }
}
