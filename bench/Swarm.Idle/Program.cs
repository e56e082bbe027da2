using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Node;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Io.Store;
using Swarm.Protocol.Metainfo;

namespace Swarm.Idle;

/// <summary>
/// A node for measuring many idle torrents (bench/idle.py): <c>make STATE TORRENTS DATA</c> writes a store in which every .torrent file of a folder is a complete seed; <c>run STATE PORT</c> takes them all up,
/// says "ready" and how long that took, and serves until its input ends.
/// </summary>
internal static class Program
{
    private const int Batch = 1_000;

    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["make", var state, var torrents, var data]:
                await MakeAsync(state, torrents, data).ConfigureAwait(false);
                return 0;
            case ["run", var state, var port]:
                await RunAsync(state, int.Parse(port, CultureInfo.InvariantCulture)).ConfigureAwait(false);
                return 0;
            default:
                await Console.Error.WriteLineAsync("make STATE TORRENTS DATA | run STATE PORT").ConfigureAwait(false);
                return 2;
        }
    }

    private static async Task RunAsync(string state, int port)
    {
        var settings = new NodeSettings { Listen = [new IPEndPoint(IPAddress.Any, port)] };
        await using var node = await SwarmNode.StartAsync(state, settings, NullLoggerFactory.Instance).ConfigureAwait(false);
        var restored = await node.RestoreAsync().ConfigureAwait(false);
        var took = DateTime.Now - System.Diagnostics.Process.GetCurrentProcess().StartTime;
        Console.WriteLine($"ready {restored.Torrents} {restored.Failed} {took.TotalSeconds:0.000}");
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line == "memory") Console.WriteLine($"heap {GC.GetTotalMemory(forceFullCollection: false)} committed {GC.GetGCMemoryInfo().TotalCommittedBytes}");
        }
    }

    private static async Task MakeAsync(string state, string torrents, string data)
    {
        using var store = SqliteStore.Open(state, SqliteStoreSettings.Default, NullLogger.Instance, out var error) ?? throw new IOException(error);
        var system = ActorSystem.Create("make");
        var writer = system.ActorOf(WriterActor.Props(store));
        var count = 0;
        foreach (var files in Directory.EnumerateFiles(torrents, "*.torrent").Order(StringComparer.Ordinal).Chunk(Batch))
        {
            var seeds = files.Select(file => Parse(File.ReadAllBytes(file))).ToList();
            var leases = await writer.Ask<WriterActor.Written>(new WriterActor.Write([.. seeds.Select(seed => new StoreCommand.AcquireLease(seed.Metainfo.WireHash))])).ConfigureAwait(false);
            var puts = seeds.Zip(leases.Outcomes, (seed, lease) => Puts(seed.Metainfo, seed.File, data, ((StoreOutcome.Leased)lease).Token)).SelectMany(commands => commands);
            await writer.Ask<WriterActor.Written>(new WriterActor.Write([.. puts])).ConfigureAwait(false);
            count += files.Length;
        }

        await system.Terminate().ConfigureAwait(false);
        Console.WriteLine(FormattableString.Invariant($"made {count}"));
    }

    private static (TorrentMetainfo Metainfo, byte[] File) Parse(byte[] file) =>
        MetainfoParser.TryParse(file, MetainfoLimits.Default, out var metainfo, out var problem) ? (metainfo, file) : throw new InvalidDataException(problem.ToString());

    private static StoreCommand[] Puts(TorrentMetainfo metainfo, byte[] file, string data, long token)
    {
        var geometry = metainfo.Layout.Geometry;
        var all = new Bitfield(geometry.PieceCount);
        all.Fill();
        var seen = metainfo.Layout.Files.Select(entry => new FileInfo(Path.Combine(data, entry.Path))).Select(info => new FileFingerprint(info.Exists, info.Length, info.LastWriteTimeUtc.Ticks));
        var summary = new TorrentSummary
        {
            Name = metainfo.Name,
            HasMetadata = true,
            IsPrivate = metainfo.IsPrivate,
            TotalLength = geometry.TotalLength,
            SelectedLength = geometry.TotalLength,
            VerifiedLength = geometry.TotalLength,
            PieceCount = geometry.PieceCount,
            VerifiedPieces = geometry.PieceCount,
            CompletedTicks = DateTime.UtcNow.Ticks,
            TrackerTiers = metainfo.TrackerTiers,
        };
        return
        [
            new StoreCommand.PutTorrent(metainfo.WireHash, token, new TorrentRecord([.. file], null, data, DateTime.UtcNow.Ticks) { Summary = summary }),
            new StoreCommand.PutProgress(metainfo.WireHash, token, new ProgressRecord([.. all.ToWire()], [.. seen], 0, 0, CompletedTold: true)),
        ];
    }
}
