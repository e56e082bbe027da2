using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Store;
using Swarm.Tests.Interop.Clients;
using Swarm.Tests.Io;

namespace Swarm.Tests.Interop;

/// <summary>The program itself, killed while it adds a torrent.</summary>
public sealed class KilledAddTests
{
    [Fact]
    public async Task A_torrent_whose_addition_was_killed_is_recorded_whole_or_not_at_all()
    {
        using var content = Contents.Create(Contents.ManyFiles);
        await using var scenario = new Scenario();
        var data = scenario.Folder("data");
        var torrent = Share.Torrent(content).Text;
        var random = new Random(4);
        for (var life = 0; life < 8; life++)
        {
            // Its first line comes just before the addition; how far that gets differs from run to run, and whatever moment it is, the store must be whole.
            var program = SwarmProgram.Start(scenario, data, "get", torrent, "-o", scenario.Folder("out"));
            var moment = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var timer = new Timer(_ => moment.TrySetResult(), null, random.Next(20, 700), Timeout.Infinite);
            await moment.Task;
            await program.KillAsync();
            IsRecordedWhole(data, content.Metainfo.WireHash, torrent);
        }

        var last = SwarmProgram.Start(scenario, data, "get", torrent, "-o", scenario.Folder("out"));
        await last.LineAsync("progress");
        await last.KillAsync();
        IsRecordedWhole(data, content.Metainfo.WireHash, torrent).ShouldBeTrue("it was acknowledged");
    }

    private static bool IsRecordedWhole(string data, InfoHash hash, string torrent)
    {
        using var store = SqliteStore.Open(data, SqliteStoreSettings.Default, NullLogger.Instance, out var error).ShouldNotBeNull(error);
        using var replies = new ReplyBox();
        store.Submit(1, [new StoreCommand.LoadTorrent(hash)], replies);
        var loaded = replies.Take<IStore.Committed>().Outcomes[0].ShouldBeOfType<StoreOutcome.Loaded>();
        if (loaded.Record is not { } record) return false;
        record.Metainfo.AsSpan().SequenceEqual(File.ReadAllBytes(torrent)).ShouldBeTrue();
        return true;
    }
}
