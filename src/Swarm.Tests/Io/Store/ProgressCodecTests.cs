using FsCheck;
using FsCheck.Fluent;
using Swarm.Actors.Ports;
using Swarm.Io.Store;

namespace Swarm.Tests.Io.Store;

public sealed class ProgressCodecTests
{
    [Fact]
    public void Every_record_comes_back_as_it_was()
    {
        var times = ArbMap.Default.GeneratorFor<long>();
        var counts = ArbMap.Default.GeneratorFor<long>().Select(value => value & long.MaxValue);
        var files = from exists in Gen.Elements(true, true, false)
                    from length in Gen.OneOf(counts, Gen.Elements(0, long.MaxValue))
                    from modified in Gen.OneOf(times, Gen.Elements(long.MinValue, long.MaxValue, 638_000_000_000_000_000))
                    select exists ? new FileFingerprint(Exists: true, length, modified) : FileFingerprint.Absent;
        var records = from verified in ArbMap.Default.GeneratorFor<byte[]>()
                      from list in files.ArrayOf()
                      from downloaded in Gen.OneOf(counts, Gen.Constant(long.MaxValue))
                      from uploaded in counts
                      from told in ArbMap.Default.GeneratorFor<bool>()
                      select new ProgressRecord([.. verified], [.. list], downloaded, uploaded, told);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20, 9), Prop.ForAll(records.ToArbitrary(), record =>
        {
            var decoded = ProgressCodec.Decode(ProgressCodec.Encode(record)).ShouldNotBeNull();
            decoded.Verified.ShouldBe(record.Verified);
            decoded.Files.ShouldBe(record.Files);
            decoded.ShouldBe(record with { Verified = decoded.Verified, Files = decoded.Files });
        }));
    }

    [Fact]
    public void Record_with_unset_arrays_is_an_empty_one()
    {
        var decoded = ProgressCodec.Decode(ProgressCodec.Encode(new ProgressRecord(default, default, 0, 0, CompletedTold: false))).ShouldNotBeNull();
        decoded.Verified.ShouldBe([]);
        decoded.Files.ShouldBe([]);
    }

    [Fact]
    public void Record_of_many_files_written_together_takes_few_bytes()
    {
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
        var files = Enumerable.Range(0, 1000).Select(i => new FileFingerprint(Exists: true, 700_000 + i, start + (i * TimeSpan.TicksPerMillisecond)));
        var bytes = ProgressCodec.Encode(new ProgressRecord([.. new byte[250]], [.. files], 700_000_000, 0, CompletedTold: true));
        bytes.Length.ShouldBeLessThan(250 + (1000 * 7));
    }

    [Fact]
    public void Layout_of_version_one_never_changes() =>
        Convert.ToHexStringLower(ProgressCodec.Encode(new ProgressRecord([0xC0], [new(Exists: true, 5, 300), FileFingerprint.Absent], 128, 1, CompletedTold: true)))
            .ShouldBe("0101800101" + "01c0" + "0206d80400" + "318e2ece");

    [Fact]
    public void Unknown_version_or_flag_is_refused()
    {
        var bytes = ProgressCodec.Encode(Sample);
        bytes[0] = 2;
        ProgressCodec.Decode(bytes).ShouldBeNull();
        bytes[0] = 1;
        bytes[1] = 2;
        ProgressCodec.Decode(bytes).ShouldBeNull();
    }

    [Fact]
    public void Every_single_flipped_bit_and_every_cut_is_noticed()
    {
        var bytes = ProgressCodec.Encode(Sample);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            ProgressCodec.Decode(bytes).ShouldBeNull();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < bytes.Length; length++) ProgressCodec.Decode(bytes.AsSpan(0, length)).ShouldBeNull();
        ProgressCodec.Decode(bytes).ShouldNotBeNull();
    }

    // A fuzz test: the checksum is made right again after each mutation, so that what lies behind it is reached.
    [Fact]
    public void Fuzzed_records_with_a_right_checksum_never_throw_and_never_allocate_on_a_length_s_word()
    {
        var random = new Random(4711);
        var valid = ProgressCodec.Encode(Sample);
        var accepted = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var bytes = valid[..random.Next(6, valid.Length + 1)];
            for (var i = random.Next(4); i >= 0; i--) bytes[random.Next(2, bytes.Length)] = (byte)random.Next(256);
            ProgressCodec.Seal(bytes);
            if (ProgressCodec.Decode(bytes) is not { } decoded) continue;
            accepted++;
            (decoded.Verified.Length + decoded.Files.Length).ShouldBeLessThanOrEqualTo(bytes.Length);
            decoded.Downloaded.ShouldBeGreaterThanOrEqualTo(0);
        }

        accepted.ShouldBeGreaterThan(0);
    }

    private static ProgressRecord Sample { get; } = new(
        [0xFF, 0x80, 0x00, 0x10], [new(Exists: true, 1L << 40, 638_000_000_000_000_000), FileFingerprint.Absent, new(Exists: true, 77, 638_000_000_000_000_009)],
        1L << 41, 12_345, CompletedTold: false);
}
