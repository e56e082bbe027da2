using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class ContentLayoutTests
{
    private static readonly Gen<(int[] Lengths, int Offset, int Length)> Reads =
        from lengths in Gen.Choose(0, 12).ArrayOf()
        from extra in Gen.Choose(1, 5)
        let all = lengths.Append(extra).ToArray()
        let total = all.Sum()
        from offset in Gen.Choose(0, total - 1)
        from length in Gen.Choose(0, total - offset)
        select (all, offset, length);

    [Fact]
    public void Regions_are_those_that_a_walk_over_the_bytes_finds() => PropertyCheck.Holds(Reads, read =>
    {
        var layout = Layout(read.Lengths);
        var owners = read.Lengths.SelectMany((length, file) => Enumerable.Range(0, length).Select(at => (File: file, At: (long)at))).ToArray();
        var regions = new List<FileRegion>();
        layout.RegionsOf(read.Offset, read.Length, regions);
        var bytes = regions.SelectMany(region => Enumerable.Range(0, region.Length).Select(at => (region.File, At: region.Offset + at)));
        bytes.ShouldBe(owners.Skip(read.Offset).Take(read.Length));
        regions.ShouldAllBe(region => region.Length > 0);
        regions.Select(region => region.File).ShouldBeUnique();
    });

    [Fact]
    public void The_file_at_an_offset_holds_its_byte() => PropertyCheck.Holds(Reads, read =>
    {
        var layout = Layout(read.Lengths);
        var file = layout.Files[layout.FileAt(read.Offset)];
        ((long)read.Offset).ShouldBeInRange(file.Offset, file.Offset + file.Length - 1);
    });

    [Fact]
    public void A_file_touches_the_pieces_of_its_first_and_last_byte()
    {
        var layout = Layout([3, 0, 9], pieceLength: 4);
        layout.PiecesOf(0).ShouldBe((new PieceIndex(0), new PieceIndex(0)));
        layout.PiecesOf(1).ShouldBeNull();
        layout.PiecesOf(2).ShouldBe((new PieceIndex(0), new PieceIndex(2)));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(0, 5)]
    [InlineData(0, 3)]
    public void Files_that_leave_a_gap_or_do_not_sum_up_are_a_bug(long offset, long length) =>
        Should.Throw<ArgumentException>(() => new ContentLayout(new PieceGeometry(4, 4), [new ContentFile("a", offset, length)]));

    [Fact]
    public void A_negative_file_is_a_bug() =>
        Should.Throw<ArgumentException>(() => new ContentLayout(new PieceGeometry(4, 4), [new ContentFile("a", 0, 5), new ContentFile("b", 5, -1)]));

    private static ContentLayout Layout(int[] lengths, int pieceLength = 16)
    {
        var files = ImmutableArray.CreateBuilder<ContentFile>();
        long offset = 0;
        foreach (var length in lengths)
        {
            files.Add(new ContentFile($"f{files.Count}", offset, length));
            offset += length;
        }

        return new ContentLayout(new PieceGeometry(offset, pieceLength), files.ToImmutable());
    }
}
