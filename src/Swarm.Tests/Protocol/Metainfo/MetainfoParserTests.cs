using System.Security.Cryptography;
using System.Text;
using Swarm.Protocol.Metainfo;
using static Swarm.Tests.Protocol.Metainfo.Torrents;

namespace Swarm.Tests.Protocol.Metainfo;

public sealed class MetainfoParserTests
{
    [Fact]
    public void The_hash_is_over_the_bytes_as_they_stand_also_unsorted()
    {
        var info = SingleInfo("x").Reverse().ToArray();
        var metainfo = ParseInfo(info);
        metainfo.RawInfo.ToArray().ShouldBe(Encode(info));
        metainfo.V1.ShouldBe(new InfoHash(SHA1.HashData(Encode(info))));
        metainfo.V2.ShouldBeNull();
        metainfo.WireHash.ShouldBe(metainfo.V1!.Value);
    }

    [Fact]
    public void What_is_kept_does_not_change_with_the_callers_buffer()
    {
        var file = Encode(D(("info", SingleInfo("x"))));
        MetainfoParser.TryParse(file, MetainfoLimits.Default, out var metainfo, out _).ShouldBeTrue();
        var before = metainfo!.RawInfo.ToArray();
        Array.Clear(file);
        metainfo.RawInfo.ToArray().ShouldBe(before);
        SHA1.HashData(metainfo.RawInfo.Span).ShouldBe(metainfo.V1!.Value.Value.ToArray());
    }

    [Fact]
    public void Piece_hashes_are_found_by_piece()
    {
        byte[] hashes = [.. Enumerable.Range(0, 60).Select(value => (byte)value)];
        var metainfo = ParseInfo(SingleInfo("x", 40_000).With(("pieces", hashes)));
        metainfo.PieceHashes!.Count.ShouldBe(3);
        metainfo.PieceHashes[new PieceIndex(1)].ToArray().ShouldBe(hashes[20..40]);
        metainfo.PieceHashes.Memory.ToArray().ShouldBe(hashes);
    }

    [Fact]
    public void The_first_of_two_equal_keys_counts_in_v1()
    {
        (string, object)[] info = [.. SingleInfo("x"), ("name", "y"), ("length", 7)];
        var metainfo = ParseInfo(info);
        metainfo.Name.ShouldBe("x");
        metainfo.ContentLength.ShouldBe(5);
    }

    [Fact]
    public void Bytes_after_a_file_are_accepted_and_after_an_info_dictionary_refused()
    {
        byte[] file = [.. Encode(D(("info", SingleInfo("x")))), (byte)'\n'];
        MetainfoParser.TryParse(file, MetainfoLimits.Default, out _, out _).ShouldBeTrue();
        byte[] info = [.. Encode(SingleInfo("x")), 0];
        MetainfoParser.TryParseInfo(info, MetainfoLimits.Default, out _, out var error).ShouldBeFalse();
        error.ShouldBe($"info: ends at byte {info.Length - 1} of {info.Length}");
    }

    [Theory]
    [InlineData("", "not a torrent file: byte 0: the data ends inside a value")]
    [InlineData("hello", "not a torrent file: byte 0: no bencoded value begins like this")]
    [InlineData("<!DOCTYPE html>", "not a torrent file: byte 0: no bencoded value begins like this")]
    [InlineData("le", "not a torrent file: not a dictionary")]
    [InlineData("de", "info: missing, or not a dictionary")]
    [InlineData("d4:infoi1ee", "info: missing, or not a dictionary")]
    [InlineData("d4:infodee", "piece length: missing, or not positive")]
    public void What_is_no_torrent_is_refused_in_one_line(string file, string error) => ErrorOf(Encoding.UTF8.GetBytes(file)).ShouldBe(error);

    [Fact]
    public void A_wrong_number_of_hashes_is_refused_with_numbers()
    {
        var info = SingleInfo("x", 81_920);
        ErrorOfInfo(info.With(("pieces", new byte[80]))).ShouldBe("pieces: expected 5 hashes for 81920 bytes in pieces of 16384, found 4");
        ErrorOfInfo(info.With(("pieces", new byte[120]))).ShouldBe("pieces: expected 5 hashes for 81920 bytes in pieces of 16384, found 6");
        ErrorOfInfo(info.With(("pieces", new byte[99]))).ShouldBe("pieces: expected 5 hashes for 81920 bytes in pieces of 16384, found 99 bytes");
        ErrorOfInfo(info.With(("pieces", 5))).ShouldBe("pieces: missing, or not a string");
        ErrorOfInfo(info.With(("pieces", null))).ShouldBe("pieces: missing, or not a string");
    }

    [Fact]
    public void Content_without_a_byte_is_refused_but_empty_files_beside_others_are_not()
    {
        ErrorOfInfo(SingleInfo("x", 0)).ShouldBe("the content is empty");
        ErrorOfInfo(FolderInfo("t", File(0, "a"), File(0, "b"))).ShouldBe("the content is empty");
        ErrorOfInfo(FolderInfo("t")).ShouldBe("the content is empty");
        ParseInfo(FolderInfo("t", File(0, "a"), File(3, "b"), File(0, "c"))).Layout.Files.Select(file => file.Length).ShouldBe([0, 3, 0]);
    }

    [Fact]
    public void Files_that_are_malformed_are_refused_by_number()
    {
        ErrorOfInfo(SingleInfo("x").With(("length", null))).ShouldBe("info: neither a 'length' nor 'files'");
        ErrorOfInfo(SingleInfo("x").With(("length", -1))).ShouldBe("info: neither a 'length' nor 'files'");
        ErrorOfInfo(FolderInfo("t", File(1, "a"), D(("path", L("b"))))).ShouldBe("files[1]: no 'length', or a negative one");
        ErrorOfInfo(FolderInfo("t", File(1, "a"), File(-1, "b"))).ShouldBe("files[1]: no 'length', or a negative one");
        ErrorOfInfo(FolderInfo("t", D(("length", 1)))).ShouldBe("files[0]: no 'path', or not a list of strings");
        ErrorOfInfo(FolderInfo("t", D(("length", 1), ("path", L("a", 1))))).ShouldBe("files[0]: no 'path', or not a list of strings");
        ErrorOfInfo(FolderInfo("t").With(("files", L(1)))).ShouldBe("files[0]: no 'length', or a negative one");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(49_152)]
    public void Any_piece_length_will_do_in_v1(int pieceLength) =>
        ParseInfo(SingleInfo("x", 100, pieceLength)).Layout.Geometry.PieceLength.ShouldBe(pieceLength);

    [Fact]
    public void Limits_hold_at_and_past_them()
    {
        var limits = new MetainfoLimits { MaxFiles = 2, MaxPieces = 2, MaxPieceLength = 32_768, MaxContentBytes = 40_000 };
        ParseInfo(FolderInfo("t", File(1, "a"), File(1, "b")), limits).Layout.Files.Length.ShouldBe(2);
        ErrorOfInfo(FolderInfo("t", File(1, "a"), File(1, "b"), File(1, "c")), limits).ShouldBe("files: more than the limit of 2");
        ParseInfo(SingleInfo("x", 32_768), limits).Layout.Geometry.PieceCount.ShouldBe(2);
        ErrorOfInfo(SingleInfo("x", 32_769), limits).ShouldBe("3 pieces, more than the limit of 2");
        ParseInfo(SingleInfo("x", 5, 32_768), limits).Layout.Geometry.PieceLength.ShouldBe(32_768);
        ErrorOfInfo(SingleInfo("x", 5, 32_769), limits).ShouldBe("piece length: 32769 bytes, more than the limit of 32768");
        ParseInfo(SingleInfo("x", 40_000, 32_768), limits).ContentLength.ShouldBe(40_000);
        ErrorOfInfo(SingleInfo("x", 40_001, 32_768), limits).ShouldBe("the content is larger than the limit of 40000 bytes");
    }

    [Fact]
    public void A_file_may_be_as_large_as_its_limit()
    {
        var torrent = D(("comment", new string('c', 2000)), ("info", SingleInfo("x")));
        var size = Encode(torrent).Length;
        Parse(torrent, new MetainfoLimits { MaxFileBytes = size }).Name.ShouldBe("x");
        ErrorOf(torrent, new MetainfoLimits { MaxFileBytes = size - 1 }).ShouldBe($"{size} bytes, more than the limit of {size - 1} for a torrent file");
    }

    [Fact]
    public void A_file_may_have_as_many_values_as_its_limit()
    {
        // The outer dictionary, "info", its dictionary, four keys and values; the comment's list brings its key, itself and its items.
        var torrent = D(("comment", Enumerable.Repeat<object>(1, 87).ToArray()), ("info", SingleInfo("x")));
        Parse(torrent, new MetainfoLimits { MaxTokens = 100 }).Name.ShouldBe("x");
        var larger = D(("comment", Enumerable.Repeat<object>(1, 88).ToArray()), ("info", SingleInfo("x")));
        ErrorOf(larger, new MetainfoLimits { MaxTokens = 100 }).ShouldEndWith("too many values");
    }

    [Fact]
    public void Lengths_that_overflow_their_sum_are_refused()
    {
        var info = FolderInfo("t").With(("files", L(File(long.MaxValue, "a"), File(long.MaxValue, "b"))));
        ErrorOfInfo(info).ShouldStartWith("the content is larger than the limit of");
    }

    [Fact]
    public void Limits_outside_their_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new MetainfoLimits { MaxPathDepth = 101 });
        Should.Throw<ArgumentOutOfRangeException>(() => new MetainfoLimits { MaxContentBytes = 0 });
        Should.NotThrow(() => new MetainfoLimits { MaxPathDepth = 100 });
    }

    [Theory]
    [InlineData(1L, true)]
    [InlineData(0L, false)]
    [InlineData(2L, false)]
    [InlineData("1", false)]
    [InlineData("true", false)]
    [InlineData("", false)]
    public void Only_the_integer_one_makes_a_torrent_private(object value, bool isPrivate) =>
        ParseInfo(SingleInfo("x").With(("private", value))).IsPrivate.ShouldBe(isPrivate);

    [Fact]
    public void Facts_around_the_content_are_read()
    {
        var metainfo = Parse(D(
            ("comment", "line 1\nline\u001b 2"), ("created by", "maker\n1.0"), ("creation date", 1_700_000_000), ("encoding", "UTF-8"),
            ("info", SingleInfo("x").With(("source", "TRK")))));
        metainfo.Comment.ShouldBe("line 1\nline 2");
        metainfo.CreatedBy.ShouldBe("maker1.0");
        metainfo.CreationDate.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        metainfo.Encoding.ShouldBe("UTF-8");
        metainfo.Source.ShouldBe("TRK");
    }

    [Theory]
    [InlineData("Thu Jan 1 1970")]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    public void What_is_no_date_is_left_out(object date) =>
        Parse(D(("creation date", date), ("info", SingleInfo("x")))).CreationDate.ShouldBeNull();

    [Fact]
    public void Odd_values_around_the_content_do_no_harm()
    {
        var metainfo = Parse(D(
            ("announce", L()), ("announce-list", ""), ("comment", 5), ("created by", L()), ("encoding", D()), ("nodes", ""), ("url-list", ""),
            ("similar", 1), ("collections", "x"), ("info", SingleInfo("x").With(("source", 1), ("update-url", L())))));
        metainfo.TrackerTiers.ShouldBeEmpty();
        metainfo.WebSeeds.ShouldBeEmpty();
        metainfo.Nodes.ShouldBeEmpty();
        metainfo.Comment.ShouldBeNull();
        metainfo.CreatedBy.ShouldBeNull();
        metainfo.Encoding.ShouldBeNull();
        metainfo.Source.ShouldBeNull();
        metainfo.UpdateUrl.ShouldBeNull();
    }

    [Fact]
    public void A_hundred_thousand_files_take_memory_in_proportion()
    {
        var small = AllocatedFor(files: 10_000);
        var large = AllocatedFor(files: 100_000);
        large.ShouldBeLessThan(small * 15);
        large.ShouldBeLessThan(200_000_000);
    }

    private static long AllocatedFor(int files)
    {
        var torrent = Encode(D(("info", FolderInfo("t", [.. Enumerable.Range(0, files).Select(i => File(1000, $"directory {i / 100}", $"file {i}.bin"))]))));
        var before = GC.GetAllocatedBytesForCurrentThread();
        MetainfoParser.TryParse(torrent, MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        metainfo!.Layout.Files.Length.ShouldBe(files);
        return allocated;
    }
}
