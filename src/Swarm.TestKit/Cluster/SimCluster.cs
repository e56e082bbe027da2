using System.Collections.Immutable;
using Swarm.Actors.Cluster;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Content;
using Swarm.TestKit.Store;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Cluster;

/// <summary>A torrent that a cluster was given, and what is known of it from outside.</summary>
public sealed class SimWanted(SimContent content, int replicas, int acknowledged, bool isByLink)
{
    /// <summary>What is right.</summary>
    public SimContent Content { get; } = content;

    /// <summary>How many complete replicas it is to have.</summary>
    public int Replicas { get; } = replicas;

    /// <summary>How many were to be complete before it was acknowledged.</summary>
    public int Acknowledged { get; } = acknowledged;

    /// <summary>Whether it is given by a magnet link, with the trackers of its file, instead of by that file.</summary>
    public bool IsByLink { get; } = isByLink;

    /// <summary>Whether a node has acknowledged it: from then on it may not be lost.</summary>
    public bool IsAccepted { get; internal set; }

    internal bool IsAsked { get; set; }
}

/// <summary>
/// A cluster in a world: its database, the links between its nodes, and what it was given. Nodes are added as members; torrents are given to any of them that runs, and to another if that one dies before it has answered.
/// <code>
/// var cluster = new SimCluster(world);
/// for (var i = 1; i &lt;= 3; i++) cluster.AddNode($"member-{i}");
/// cluster.Add(content, replicas: 2);
/// </code>
/// It watches with checks of its own that nothing which was acknowledged is lost, that nobody writes under another's token, and that no node believes that it may write when the database knows that it may not.
/// </summary>
public sealed class SimCluster
{
    private const int LinkPort = 9120;
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(20);
    private readonly Random _random;
    private readonly List<SimWanted> _wanted = [];
    private readonly List<SimNode> _members = [];
    private readonly OneWriterCheck _oneWriter;
    private readonly ClusterCheck _check;

    /// <summary>A cluster without members.</summary>
    public SimCluster(SimWorld world, MembershipSettings? membership = null, PlacementSettings? placement = null)
    {
        World = world;
        Membership = membership ?? MembershipSettings.Default;
        Placement = placement ?? PlacementSettings.Default with { MinFreeBytes = 0 };
        _random = world.Seeds.Fork("cluster");
        Database = new SimDatabase(world.Simulation, world.Seeds.Fork("database"), SimDatabaseSettings.Default);
        Links = new SimNodeLinks(world.Simulation, world.Seeds.Fork("links"), world.Network, SimNodeLinkSettings.Default);
        _check = new ClusterCheck(this);
        Database.Committed = _check.OnCommitted;
        world.Checks.Add(_check);
        world.Checks.Add(new AnnouncerCheck(this));
        world.Checks.Add(_oneWriter = new OneWriterCheck(this));
        world.Healing.Add(Heal);
        world.Every(TimeSpan.FromSeconds(1), AskForWhatIsWanted);
    }

    /// <summary>Its world.</summary>
    public SimWorld World { get; }

    /// <summary>Its tables.</summary>
    public SimDatabase Database { get; }

    /// <summary>The links between its nodes.</summary>
    public SimNodeLinks Links { get; }

    /// <summary>How its members watch each other.</summary>
    public MembershipSettings Membership { get; }

    /// <summary>How it places torrents.</summary>
    public PlacementSettings Placement { get; }

    /// <summary>What else is to be different at each member; holds for processes that start from now on.</summary>
    public Func<ClusterSettings, ClusterSettings> Configure { get; set; } = static settings => settings;

    /// <summary>Its members, in the order of being added.</summary>
    public IReadOnlyList<SimNode> Members => _members;

    /// <summary>What it was given.</summary>
    public IReadOnlyList<SimWanted> Wanted => _wanted;

    /// <summary>The folder of a torrent at each member.</summary>
    public static string FolderOf(SimContent content) => $"/cluster/{content.Torrent}";

    /// <summary>Adds a node that is a member. It starts with <see cref="SimNode.Start"/>.</summary>
    public SimNode AddNode(string name, SimNodeSettings? settings = null) => Take(World.AddNode(name, (settings ?? SimNodeSettings.Default) with { Cluster = this }));

    /// <summary>Gives the cluster a torrent. It is asked of one running node after another until one has acknowledged it.</summary>
    public SimWanted Add(SimContent content, int replicas, int acknowledged = 0, bool isByLink = false)
    {
        var wanted = new SimWanted(content, replicas, acknowledged, isByLink);
        _wanted.Add(wanted);
        foreach (var member in _members) Know(member, content);
        return wanted;
    }

    /// <summary>Whether every torrent has its replicas, all complete, at nodes that run, nothing is under way any more, and every byte is right.</summary>
    public bool IsConverged => WhyNotConverged() is null;

    /// <summary>What is missing, in words; null: nothing.</summary>
    public string? WhyNotConverged()
    {
        foreach (var wanted in _wanted)
        {
            var torrent = wanted.Content.Torrent;
            if (!wanted.IsAccepted) return $"{torrent} is not acknowledged";
            if (!Database.Tables.Torrents.TryGetValue(torrent, out var placed)) return $"{torrent} is lost";
            var needed = Math.Min(wanted.Replicas, _members.Where(static member => !member.HasLeft).Select(static member => member.StorageName).Distinct().Count());
            var here = placed.Replicas.Where(replica => _members.Exists(member => member.StorageName == replica.Storage && !member.HasLeft)).ToArray();
            if (here.Length != needed || !here.All(replica => replica.State == ReplicaState.Complete)) return $"{torrent} is to have {needed} replicas: {string.Join(", ", placed.Replicas)}";
            if (here.FirstOrDefault(replica => !Says(replica.Storage, wanted.Content)) is { } silent) return $"{torrent} does not seed at {silent.Storage}";
        }

        // What takes long is looked at when all else is well.
        foreach (var wanted in _wanted)
        {
            var wrong = _members.FirstOrDefault(member => member.Find(wanted.Content.Torrent) is { IsComplete: true } && member.State == NodeState.Running && !Has(member, wanted.Content));
            if (wrong is not null) return $"{wrong.Name} does not have every byte of {wanted.Content.Torrent}";
        }

        return null;
    }

    /// <summary>Nothing passes between a member and the database, its store included, until <see cref="MendDatabase"/>.</summary>
    public void CutFromDatabase(SimNode member)
    {
        Database.Cut(member.Name);
        member.Store.Settings = member.Store.Settings with { Refused = AllCommands };
    }

    /// <summary>The database is down for all.</summary>
    public void StopDatabase()
    {
        Database.IsUp = false;
        foreach (var member in _members) member.Store.Settings = member.Store.Settings with { Refused = AllCommands };
    }

    /// <summary>The database runs and everybody reaches it.</summary>
    public void MendDatabase()
    {
        Database.IsUp = true;
        foreach (var member in _members)
        {
            Database.Mend(member.Name);
            member.Store.Settings = member.Store.Settings with { Refused = [] };
        }
    }

    /// <summary>The tables are set back to what once stood in them, while members run that know better; what was acknowledged since is lost and must not be in <see cref="Wanted"/>. The stores of the members stay as they are.</summary>
    public void Restore(ClusterTables tables)
    {
        World.Note("cluster", $"the tables are set back from change {Database.Tables.LastChange} to {tables.LastChange}");
        Database.Restore(tables);
        _check.OnRestored(tables);
    }

    /// <summary>Every fault of the database, the links and the members ends.</summary>
    public void Heal()
    {
        MendDatabase();
        Database.Settings = Database.Settings with { Failure = 0, UnknownOutcome = 0 };
        Links.Settings = SimNodeLinkSettings.Default;
        foreach (var member in _members) member.Thaw();
    }

    internal static ImmutableArray<string> AllCommands { get; } = [.. typeof(StoreCommand).GetNestedTypes().Select(static type => type.Name).Order(StringComparer.Ordinal)];

    internal ClusterPorts PortsOf(SimNode node) => new(Database.Open(node.Name), Links.For(node.Host), new Space(node));

    internal ClusterSettings SettingsOf(SimNode node) => Configure(new ClusterSettings
    {
        Name = "sim",
        EndPoint = EndPointOf(node.Name),
        Traits = new MemberTraits { Storage = node.StorageName, Zone = node.Settings.Zone, MessageVersion = node.MessageVersion },
        Folder = "/cluster",
        PeerAddress = node.Host.PublicAddress.ToString(),
        Membership = Membership,
        Placement = Placement,
        RetryDelay = TimeSpan.FromSeconds(20),
    });

    /// <summary>Whether the session of a member's process, the one that runs or the one before, has not run out.</summary>
    public bool HasSession(string member) => Database.Tables.Membership.Members.Values.Any(row => row.Id.EndPoint == EndPointOf(member) && row.HasSession(Database.NowTicks));

    // The generation is the session's name.
    internal long SessionOf(string member) => Database.Tables.Membership.Members.Values.Where(row => row.Id.EndPoint == EndPointOf(member)).Select(static row => row.Id.Generation).DefaultIfEmpty().Max();

    internal bool HasSession(string member, long session) => Database.Tables.Membership.Members.GetValueOrDefault(new MemberId(EndPointOf(member), session))?.HasSession(Database.NowTicks) == true;

    /// <summary>Whether several members see the files of a storage.</summary>
    public bool IsShared(string storage) => _members.Count(member => member.StorageName == storage) > 1;

    private static string EndPointOf(string member) => $"{member}:{LinkPort}";

    internal SimNode Take(SimNode node)
    {
        _members.Add(node);
        node.Store.IsFenced = name => Database.Tables.Membership.Members.Values.LastOrDefault(row => row.Id.EndPoint == EndPointOf(name)) is { IsLive: false };
        node.Store.Sessions = new StoreSessions(SessionOf, HasSession);
        _oneWriter.Follow(node);
        foreach (var wanted in _wanted) Know(node, wanted.Content);
        return node;
    }

    internal void OnGone(SimNode node) => Database.Kill(node.Name);

    private static void Know(SimNode member, SimContent content) => member.Know(content, FolderOf(content));

    private bool Says(string storage, SimContent content) => _members.Exists(member => member.StorageName == storage && member.State == NodeState.Running && member.Find(content.Torrent) is { IsComplete: true });

    private static bool Has(SimNode member, SimContent content) => Enumerable.Range(0, content.Geometry.PieceCount).All(piece => member.Disk.Holds(content, FolderOf(content), new PieceIndex(piece)));

    private void AskForWhatIsWanted()
    {
        var running = _members.Where(member => member is { State: NodeState.Running, Cluster: not null, IsFrozen: false }).ToArray();
        if (running.Length == 0) return;
        foreach (var wanted in _wanted.Where(wanted => wanted is { IsAccepted: false, IsAsked: false }))
        {
            wanted.IsAsked = true;
            var member = running[_random.Next(running.Length)];
            World.Note(member.Name, $"is asked to add {wanted.Content.Torrent}");
            member.Cluster!.Tell(new RouterActor.Add(SourceOf(wanted), wanted.Replicas, wanted.Acknowledged, TimeSpan.FromMinutes(10)), member.Ear(message => OnAnswer(wanted, message)));
            World.After(AskAgain, () => wanted.IsAsked = wanted.IsAccepted);
        }
    }

    private static TorrentSource SourceOf(SimWanted wanted) => wanted.IsByLink ? SimNode.LinkOf(wanted.Content, SimNode.TrackersOf(wanted.Content)) : TorrentSource.FromFile(wanted.Content.Metainfo, wanted.Content.TorrentFile);

    private void OnAnswer(SimWanted wanted, object message)
    {
        if (message is not RouterActor.Accepted accepted) return;
        World.Note("cluster", $"{wanted.Content.Torrent} is acknowledged with {accepted.CompleteReplicas} complete replicas");
        if (!wanted.IsAccepted && accepted.CompleteReplicas < wanted.Acknowledged) World.Fail("An acknowledged torrent has its replicas", null, $"{wanted.Content.Torrent} was acknowledged with {accepted.CompleteReplicas}, not {wanted.Acknowledged}");
        wanted.IsAccepted = true;
    }

    private sealed class Space(SimNode node) : ISpace
    {
        public void Measure(string folder, IActorRef replyTo) => node.World.Simulation.Schedule(TimeSpan.Zero, () => replyTo.Tell(new ISpace.Measured(node.Disk.FreeBytes), ActorRefs.NoSender));
    }
}
