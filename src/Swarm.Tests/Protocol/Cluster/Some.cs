using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Protocol.Cluster;

/// <summary>Members, torrents and tables for the tests of the cluster.</summary>
internal static class Some
{
    public const long Second = TimeSpan.TicksPerSecond;

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    public static MemberTraits Traits(string storage, string zone = "", double weight = 1) => new() { Storage = storage, Zone = zone, Weight = weight };

    public static InfoHash Torrent(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        new Random(number).NextBytes(bytes);
        return new InfoHash(bytes);
    }

    public static ClusterTables Run(this ClusterTables tables, ClusterCommand command, double seconds, out ClusterOutcome outcome) => tables.Do(command, (long)(seconds * Second), out outcome);

    public static ClusterTables Run(this ClusterTables tables, ClusterCommand command, double seconds = 0) => tables.Run(command, seconds, out _);

    /// <summary>Tables with members n1:1, n2:1 and so on, up, each with a storage of its name.</summary>
    public static ClusterTables Up(int members, double seconds = 0, Func<int, MemberTraits>? traits = null)
    {
        var tables = ClusterTables.Empty;
        for (var i = 1; i <= members; i++)
        {
            tables = tables.Run(new ClusterCommand.Join($"n{i}:1", traits?.Invoke(i) ?? Traits($"n{i}"), Lease, 1L << 50), seconds, out var joined);
            tables = tables.Run(new ClusterCommand.SetState(((ClusterOutcome.Joined)joined).Member, MemberState.Up, tables.Membership.Version), seconds);
        }

        return tables;
    }

    public static MemberId Id(this ClusterTables tables, int number) => tables.Membership.Members.Keys.Single(id => id.EndPoint == $"n{number}:1");

    public static Member Member(this ClusterTables tables, int number) => tables.Membership.Members[tables.Id(number)];

    public static ClusterTables WithTorrent(this ClusterTables tables, int number, int replicas = 1, double seconds = 0) =>
        tables.Run(new ClusterCommand.AddTorrent(new WantedTorrent { Torrent = Torrent(number), Replicas = replicas }, [1]), seconds);

    public static ClusterView View(this ClusterTables tables, double seconds = 0, ClusterView? before = null)
    {
        tables.Run(new ClusterCommand.Read((before ?? ClusterView.Empty).UpToChange, int.MaxValue), seconds, out var outcome);
        return (before ?? ClusterView.Empty).With((ClusterOutcome.View)outcome);
    }

    public static ImmutableArray<MemberId> Ids(int count) => [.. Enumerable.Range(1, count).Select(i => new MemberId($"n{i}:1", i))];
}
