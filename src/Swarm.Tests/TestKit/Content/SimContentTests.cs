using System.Security.Cryptography;
using Swarm.TestKit.Content;

namespace Swarm.Tests.TestKit.Content;

public sealed class SimContentTests
{
    private readonly SimContent _content = new(seed: 7, pieceLength: 40_000, [("a/one", 70_001), ("b", 5), ("c", 90_000)]);

    [Fact]
    public void The_hashes_are_those_of_the_bytes()
    {
        var piece = new byte[_content.Geometry.PieceSize(new PieceIndex(2))];
        _content.Fill(_content.Geometry.PieceOffset(new PieceIndex(2)), piece);
        _content.Metainfo.PieceHashes![new PieceIndex(2)].ToArray().ShouldBe(SHA1.HashData(piece));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 20)]
    [InlineData(16_380, 10)]
    [InlineData(39_999, 40_000)]
    public void Any_range_is_a_part_of_the_whole(int offset, int length)
    {
        var whole = new byte[_content.Geometry.TotalLength];
        _content.Fill(0, whole);
        var range = new byte[length];
        _content.Fill(offset, range);
        range.ShouldBe(whole[offset..(offset + length)]);
        _content.Matches(offset, range).ShouldBeTrue();
        range[^1] ^= 1;
        _content.Matches(offset, range).ShouldBeFalse();
    }

    [Fact]
    public void No_two_blocks_are_alike()
    {
        var content = SimContent.OneFile(64 << 20);
        var seen = new HashSet<string>();
        var block = new byte[PieceGeometry.BlockSize];
        for (long offset = 0; offset < content.Geometry.TotalLength; offset += block.Length)
        {
            content.Fill(offset, block);
            seen.Add(Convert.ToHexString(SHA1.HashData(block))).ShouldBeTrue();
        }
    }

    [Fact]
    public void The_seed_decides_the_bytes()
    {
        SimContent.OneFile(100_000, seed: 3).Torrent.ShouldBe(SimContent.OneFile(100_000, seed: 3).Torrent);
        SimContent.OneFile(100_000, seed: 4).Torrent.ShouldNotBe(SimContent.OneFile(100_000, seed: 3).Torrent);
    }
}
