using System.Text.Json;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Io.Store;

namespace Swarm.Tests.Io.Store;

/// <summary>The two small records of a torrent. That every field comes back is <see cref="StoreConformance"/>'s.</summary>
public sealed class OptionsCodecTests
{
    private static readonly TorrentOptions Options = new() { Folder = "/f", Name = "n", Labels = ["a", "b"], TrackerTiers = [["udp://t:1"]], SeedTimeGoal = TimeSpan.FromDays(-1) };
    private static readonly TorrentSummary Summary = new() { Name = "n", HasMetadata = true, TotalLength = 5, PieceCount = 3, TrackerTiers = [["http://t/a"], ["udp://u:1"]] };

    [Fact]
    public void Options_and_summary_come_back()
    {
        var (options, unfinished) = OptionsCodec.Decode(OptionsCodec.Encode(Options, new UnfinishedWork.Renaming(2, "x")), "/f").ShouldNotBeNull();
        JsonSerializer.Serialize(options).ShouldBe(JsonSerializer.Serialize(Options));
        unfinished.ShouldBe(new UnfinishedWork.Renaming(2, "x"));
        JsonSerializer.Serialize(SummaryCodec.Decode(SummaryCodec.Encode(Summary))).ShouldBe(JsonSerializer.Serialize(Summary));
    }

    [Fact]
    public void An_idle_seed_takes_few_bytes_in_the_store() =>
        (OptionsCodec.Encode(new TorrentOptions { Folder = "/f" }, null).Length + SummaryCodec.Encode(Summary with { TrackerTiers = [] }).Length).ShouldBeLessThan(100);

    [Fact]
    public void Every_cut_and_every_flipped_bit_is_noticed()
    {
        foreach (var (record, isRead) in Records())
        {
            for (var length = 0; length < record.Length; length++) isRead(record[..length]).ShouldBeFalse();
            for (var bit = 0; bit < record.Length * 8; bit++)
            {
                var flipped = record.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                isRead(flipped).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public void Foreign_bytes_under_a_right_checksum_neither_throw_nor_take_memory()
    {
        var random = new Random(11);
        foreach (var (record, isRead) in Records())
        {
            for (var run = 0; run < 20_000; run++)
            {
                var foreign = record.ToArray();
                for (var changes = random.Next(1, 6); changes > 0; changes--) foreign[random.Next(1, foreign.Length - 4)] = (byte)random.Next(256);
                if (random.Next(3) == 0) Array.Resize(ref foreign, random.Next(6, foreign.Length + 1));
                ProgressCodec.Seal(foreign);
                var before = GC.GetAllocatedBytesForCurrentThread();
                isRead(foreign);
                (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
            }
        }
    }

    private static IEnumerable<(byte[] Record, Func<byte[], bool> IsRead)> Records() =>
    [
        (OptionsCodec.Encode(Options, new UnfinishedWork.Moving("/x")), bytes => OptionsCodec.Decode(bytes, "/f") is not null),
        (SummaryCodec.Encode(Summary), bytes => SummaryCodec.Decode(bytes) is not null),
    ];
}
