using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Protocol.Cluster;

namespace Swarm.Tests.Io.Cluster;

/// <summary>Draws commands that are near what the tables hold.</summary>
internal sealed class RandomClusterCommands(Random random)
{
    private const int Nodes = 5;
    private const int Torrents = 8;

    public ClusterCommand Next(ClusterTables tables) => random.Next(19) switch
    {
        0 => new ClusterCommand.Join($"n{random.Next(1, Nodes + 1)}:1", Some.Traits(Storage(), random.Next(2) == 0 ? "" : "zone", random.Next(1, 100) / 7.0), Some.Lease, random.Next(100)) { LastGeneration = random.NextInt64(tables.Membership.LastGeneration + 3) },
        1 or 2 => new ClusterCommand.Renew(Member(tables), TimeSpan.FromSeconds(random.Next(10, 40)), random.NextInt64(1L << 50)),
        3 or 4 => new ClusterCommand.SetState(Member(tables), random.Next(3) == 0 ? (MemberState)random.Next(1, 6) : MemberState.Up, Version(tables)),
        5 => new ClusterCommand.Suspect(Member(tables), Member(tables), TimeSpan.FromSeconds(20), random.Next(2, 4), Version(tables)),
        6 => new ClusterCommand.DeclareExpired(Member(tables), Member(tables), TimeSpan.FromSeconds(5), Version(tables)),
        7 => new ClusterCommand.AcquireLease(Lease(), Member(tables)),
        8 => random.Next(4) == 0 ? new ClusterCommand.ReleaseLease(Lease(), Token(tables)) : new ClusterCommand.LoadSource(Torrent()),
        9 => random.Next(2) == 0 ? Add() : new ClusterCommand.ChangeTorrent(Torrent(), Changes()),
        10 => new ClusterCommand.Assign(Torrent(), Storage(), Token(tables)),
        11 => new ClusterCommand.Drop(Torrent(), Storage(), Token(tables)),
        12 => Report(tables),
        13 => new ClusterCommand.ReportGone(Member(tables), Torrent()),
        14 => new ClusterCommand.Describe(Member(tables), Torrent(), random.Next(2) == 0 ? "a" : "ü", random.Next(1, 4), Source()) { Hints = Hints() },
        15 => new ClusterCommand.Purge(TimeSpan.FromSeconds(random.Next(3) * 10), random.Next(1, 3), Token(tables)),
        16 => new ClusterCommand.SetBan(new Ban(Address(), TimeSpan.FromSeconds(random.Next(1, 60)), random.Next(2) == 0 ? "" : "ü") { By = $"n{random.Next(3)}" }),
        17 => new ClusterCommand.LiftBan(Address(), "n1", TimeSpan.FromSeconds(random.Next(1, 60))),
        _ => new ClusterCommand.Read(random.NextInt64(tables.LastChange + 2), random.Next(1, 8), random.NextInt64(tables.Numbers.LastBan + 2)),
    };

    private static string Lease(int number) => number == 0 ? "other" : ClusterTables.PlannerLease;

    private string Lease() => Lease(random.Next(4));

    private WantedChanges Changes() => new()
    {
        Replicas = random.Next(2) == 0 ? random.Next(1, 3) : null,
        IsPaused = random.Next(2) == 0 ? random.Next(2) == 0 : null,
        IsSequential = random.Next(2) == 0 ? random.Next(2) == 0 : null,
        DownloadLimit = random.Next(2) == 0 ? random.Next(3) : null,
        UploadLimit = random.Next(2) == 0 ? random.Next(3) : null,
        Removal = random.Next(3) == 0 ? random.Next(2) == 0 : null,
    };

    private ClusterCommand.AddTorrent Add()
    {
        var wanted = new WantedTorrent { Torrent = Torrent(), Replicas = random.Next(1, 3), IsPaused = random.Next(2) == 0, Length = random.Next(3), Name = random.Next(3) switch { 0 => null, 1 => "a", _ => "ü" } };
        return new ClusterCommand.AddTorrent(wanted, Source()) { Hints = Hints() };
    }

    // None, a link, or a file.
    private ImmutableArray<byte> Source()
    {
        var kind = random.Next(3);
        var source = new byte[kind == 0 ? 0 : random.Next(1, 200)];
        random.NextBytes(source);
        return kind == 1 ? [.. "magnet:"u8, .. source] : [.. source];
    }

    private ClusterCommand.Report Report(ClusterTables tables)
    {
        var member = Member(tables);
        var storage = random.Next(5) > 0 && tables.Membership.Members.TryGetValue(member, out var known) ? known.Traits.Storage : Storage();
        return new ClusterCommand.Report(member, Torrent(), new Replica(storage, random.Next(3) == 0 ? ReplicaState.Failed : ReplicaState.Complete, random.Next(6) == 0, random.Next(3) == 0 ? "no \u4e16 space" : null));
    }

    private ImmutableArray<string> Hints() => [.. Enumerable.Range(0, random.Next(3)).Select(_ => $"peer-{random.Next(40)}:{random.Next(1, 4)}")];

    private IPAddress Address() => random.Next(2) == 0 ? new IPAddress([20, 0, 0, (byte)random.Next(3)]) : IPAddress.Parse($"2001:db8::{random.Next(3)}");

    private string Storage() => $"n{random.Next(1, Nodes + 1)}";

    private InfoHash Torrent() => Some.Torrent(random.Next(Torrents));

    private long Version(ClusterTables tables) => tables.Membership.Version - (random.Next(6) == 0 ? 1 : 0);

    private long Token(ClusterTables tables) => random.Next(5) > 0 && tables.Leases.TryGetValue(ClusterTables.PlannerLease, out var held) ? held.Token : random.NextInt64(tables.LastToken + 2);

    private MemberId Member(ClusterTables tables)
    {
        var members = tables.Membership.Members;
        return random.Next(10) == 0 || members.IsEmpty ? new MemberId($"n{random.Next(1, Nodes + 1)}:1", random.NextInt64(tables.Membership.LastGeneration + 2)) : members.Keys.ElementAt(random.Next(members.Count));
    }
}
