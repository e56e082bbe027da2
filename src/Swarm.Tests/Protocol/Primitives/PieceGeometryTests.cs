using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class PieceGeometryTests
{
    private static readonly Gen<PieceGeometry> Geometries =
        from pieceLength in Gen.OneOf(Gen.Choose(1, 100_000), Gen.Elements(16_384, 32_768, 65_536))
        from total in Gen.Choose(1, 1_000_000)
        select new PieceGeometry(total, pieceLength);

    [Fact]
    public void Pieces_and_blocks_cover_the_content_exactly_once() => PropertyCheck.Holds(
        Geometries.Where(geometry => geometry.PieceCount < 2000),
        geometry =>
        {
            long offset = 0;
            for (var p = 0; p < geometry.PieceCount; p++)
            {
                var piece = new PieceIndex(p);
                geometry.PieceOffset(piece).ShouldBe(offset);
                var inPiece = 0;
                for (var b = 0; b < geometry.BlocksIn(piece); b++)
                {
                    var request = geometry.RequestFor(piece, new BlockIndex(b));
                    request.Begin.ShouldBe(inPiece);
                    request.Length.ShouldBeInRange(1, PieceGeometry.BlockSize);
                    geometry.IsValid(request).ShouldBeTrue();
                    geometry.TryBlockOf(request, out var block).ShouldBeTrue();
                    block.Value.ShouldBe(b);
                    inPiece += request.Length;
                }

                inPiece.ShouldBe(geometry.PieceSize(piece));
                offset += inPiece;
            }

            offset.ShouldBe(geometry.TotalLength);
        });

    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(3, 0, 1)]
    [InlineData(0, -1, 1)]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, -1)]
    [InlineData(0, 0, 32_769)]
    [InlineData(0, int.MaxValue, int.MaxValue)]
    [InlineData(2, 0, 2)]
    public void Ranges_outside_their_piece_are_invalid(int piece, int begin, int length)
    {
        var geometry = new PieceGeometry(65_537, 32_768);
        var request = new BlockRequest(new PieceIndex(piece), begin, length);
        geometry.IsValid(request).ShouldBeFalse();
        geometry.TryBlockOf(request, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1, 16_384)]
    [InlineData(0, 16_383)]
    [InlineData(0, 32_768)]
    [InlineData(16_384, 1)]
    public void Ranges_that_are_not_one_block_are_told_apart(int begin, int length)
    {
        var geometry = new PieceGeometry(65_536, 32_768);
        var request = new BlockRequest(new PieceIndex(0), begin, length);
        geometry.IsValid(request).ShouldBeTrue();
        geometry.TryBlockOf(request, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    [InlineData((long)int.MaxValue + 1, 1)]
    public void Lengths_that_make_no_pieces_are_a_bug(long total, int pieceLength) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new PieceGeometry(total, pieceLength));

    [Fact]
    public void Counts_to_the_largest_number_of_pieces()
    {
        var geometry = new PieceGeometry(int.MaxValue, 1);
        geometry.PieceCount.ShouldBe(int.MaxValue);
        geometry.PieceSize(new PieceIndex(int.MaxValue - 1)).ShouldBe(1);
    }
}
