using System.Collections.Immutable;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Primitives;

namespace Swarm.Sim.Replicas;

/// <summary>How many replicas have another place after a storage came or went.</summary>
/// <param name="Storages">Storages before.</param>
/// <param name="IsJoin">Whether one came; else one went.</param>
/// <param name="Zones">Zones that they are dealt out to.</param>
/// <param name="Moved">Replicas that are where none was.</param>
/// <param name="Least">The least that can be: what the one that came is due, or what the one that went had.</param>
internal sealed record MovementResult(int Storages, bool IsJoin, int Zones, int Moved, int Least)
{
    /// <summary>How much more than the least.</summary>
    public double Ratio => Moved / (double)Least;
}

/// <summary>Places torrents as the planner does, before and after, and counts. No simulation: placement follows from names alone.</summary>
internal static class MovementRun
{
    public const int Torrents = 10_000;
    public const int Replicas = 2;

    public static MovementResult Of(int storages, bool isJoin, int zones)
    {
        var before = Sites(storages, zones);
        var after = isJoin ? Sites(storages + 1, zones) : before.RemoveAt(storages / 2);
        var gone = isJoin ? null : before[storages / 2];
        var moved = 0;
        var held = 0;
        for (var i = 0; i < Torrents; i++)
        {
            var torrent = TorrentOf(i);
            var had = Rendezvous.Choose(Rendezvous.Rank(torrent, before), Replicas, []);
            var has = Rendezvous.Choose(Rendezvous.Rank(torrent, after), Replicas, []);
            moved += has.Except(had).Count();
            if (gone is not null && had.Contains(gone)) held++;
        }

        return new MovementResult(storages, isJoin, zones, moved, isJoin ? Torrents * Replicas / (storages + 1) : held);
    }

    private static ImmutableArray<StorageSite> Sites(int count, int zones) => [.. Enumerable.Range(1, count).Select(i => new StorageSite($"storage-{i}", $"zone-{i % zones}", 1))];

    private static InfoHash TorrentOf(int number)
    {
        var bytes = new byte[Bytes20.Size];
        BitConverter.TryWriteBytes(bytes, (ulong)number * 0x9E3779B97F4A7C15UL);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), number);
        return new InfoHash(bytes);
    }
}
