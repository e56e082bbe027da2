using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;

namespace Swarm.Tests.Io.Disk;

/// <summary>A torrent's layout with its bytes and hashes.</summary>
internal sealed class TestContent
{
    public TestContent(int pieceLength, IEnumerable<ContentFile> files, Random random, bool isZero = false)
    {
        var offset = 0L;
        var placed = new List<ContentFile>();
        foreach (var file in files)
        {
            placed.Add(file with { Offset = offset });
            offset += file.Length;
        }

        Layout = new ContentLayout(new PieceGeometry(offset, pieceLength), [.. placed]);
        Bytes = new byte[offset];
        if (!isZero) random.NextBytes(Bytes);
        foreach (var pad in placed.Where(f => f.IsPad)) Bytes.AsSpan((int)pad.Offset, (int)pad.Length).Clear();
        var hashes = new byte[Layout.Geometry.PieceCount * Bytes20.Size];
        for (var piece = 0; piece < Layout.Geometry.PieceCount; piece++) SHA1.HashData(BytesOfPiece(piece), hashes.AsSpan(piece * Bytes20.Size));
        Hashes = hashes;
    }

    /// <summary>A computed content, as bytes, whose files lie at these paths below the storage's folder, whatever its torrent calls them.</summary>
    public TestContent(SimContent content, ImmutableArray<string> paths)
    {
        Layout = new ContentLayout(content.Geometry, [.. content.Metainfo.Layout.Files.Zip(paths, (file, path) => file with { Path = path })]);
        Bytes = new byte[content.Geometry.TotalLength];
        content.Fill(0, Bytes);
        Hashes = content.Metainfo.PieceHashes!.Memory;
    }

    public ContentLayout Layout { get; }

    public byte[] Bytes { get; }

    public ReadOnlyMemory<byte> Hashes { get; }

    public static TestContent OneFile(int pieceLength, int length, int seed = 1) =>
        new(pieceLength, [new ContentFile("file.bin", 0, length)], new Random(seed));

    public static TestContent Files(int pieceLength, params int[] lengths) =>
        new(pieceLength, lengths.Select((length, i) => new ContentFile($"folder/{i}.bin", 0, length)), new Random(1));

    /// <summary>Files of awkward sizes in nested folders, some empty, some pads, with a piece length that need not be a multiple of anything.</summary>
    public static TestContent Draw(Random random)
    {
        int[] pieceLengths = [1 << 14, 1 << 15, 1 << 16, 1 << 17, 5_000, 16_385, 50_000, 100_001];
        int[] lengths = [0, 0, 1, 13, 4_095, 4_096, 16_383, 16_384, 16_385, 70_000, 150_000];
        var files = new List<ContentFile>();
        var count = random.Next(1, 14);
        for (var i = 0; i < count; i++)
        {
            var path = random.Next(3) switch { 0 => $"{i}", 1 => $"a/{i}.x", _ => $"a/b {i % 3}/ü{i}" };
            files.Add(new ContentFile(path, 0, lengths[random.Next(lengths.Length)]) { IsPad = random.Next(5) == 0, IsExecutable = random.Next(4) == 0 });
        }

        files.Add(new ContentFile("last", 0, random.Next(1, 30_000)));
        return new TestContent(pieceLengths[random.Next(pieceLengths.Length)], files, random);
    }

    public ReadOnlySpan<byte> BytesOfPiece(int piece) =>
        Bytes.AsSpan((int)Layout.Geometry.PieceOffset(new PieceIndex(piece)), Layout.Geometry.PieceSize(new PieceIndex(piece)));

    public ReadOnlySpan<byte> BytesOf(BlockRequest block) => BytesOfPiece(block.Piece.Value).Slice(block.Begin, block.Length);

    public ReadOnlySpan<byte> BytesOfFile(int file) => Bytes.AsSpan((int)Layout.Files[file].Offset, (int)Layout.Files[file].Length);

    /// <summary>Every block, as piece and block.</summary>
    public IEnumerable<(int Piece, int Block)> Blocks() =>
        from piece in Enumerable.Range(0, Layout.Geometry.PieceCount)
        from block in Enumerable.Range(0, Layout.Geometry.BlocksIn(new PieceIndex(piece)))
        select (piece, block);

    /// <summary>Lays the files down without the engine.</summary>
    public void Save(string root)
    {
        for (var i = 0; i < Layout.Files.Length; i++)
        {
            if (Layout.Files[i].IsPad || Layout.Files[i].SymlinkTarget is not null) continue;
            var path = Path.Combine(root, Layout.Files[i].Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, BytesOfFile(i));
        }
    }

    /// <summary>Compares every file with its bytes; pad files must not be there.</summary>
    public void ShouldBeOnDisk(string root)
    {
        for (var i = 0; i < Layout.Files.Length; i++)
        {
            var path = Path.Combine(root, Layout.Files[i].Path);
            File.Exists(path).ShouldBe(!Layout.Files[i].IsPad, path);
            if (!Layout.Files[i].IsPad) File.ReadAllBytes(path).AsSpan().SequenceEqual(BytesOfFile(i)).ShouldBeTrue(path);
        }
    }

    public ImmutableArray<PieceResult> AllValid() =>
        [.. Enumerable.Range(0, Layout.Geometry.PieceCount).Select(p => new PieceResult(new PieceIndex(p), PieceState.Valid))];
}
