using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Protocol.Metainfo;

namespace Swarm.TestKit.Content;

/// <summary>
/// Content that is computed, not kept: every byte follows from the seed and its place, so a torrent of any size costs no memory, and anybody can say whether bytes are right. Each 16 KiB of the
/// torrent is a window of one table of noise that begins with its own number, so no two blocks are alike.
/// </summary>
public sealed class SimContent
{
    private const int Window = PieceGeometry.BlockSize;
    private const int NoiseBytes = 1 << 18;

    private readonly byte[] _noise = new byte[NoiseBytes + Window];

    /// <summary>A torrent of <paramref name="files"/>; one file makes a torrent without a folder. Hashes the whole content once.</summary>
    public SimContent(int seed, int pieceLength, ImmutableArray<(string Path, long Length)> files, ImmutableArray<string> trackers = default, bool isPrivate = false, string name = "content")
    {
        new Random(seed).NextBytes(_noise);
        var isFolder = files.Length > 1;
        var geometry = new PieceGeometry(files.Sum(file => file.Length), pieceLength);
        TorrentFile =
        [
            .. new MetainfoBuilder
            {
                Name = isFolder ? name : files[0].Path,
                Files = [.. files.Select(file => new BuilderFile(isFolder ? [.. file.Path.Split('/')] : [], file.Length))],
                PieceLength = pieceLength,
                PieceHashes = new PieceHashes(HashAll(geometry)),
                TrackerTiers = trackers.IsDefaultOrEmpty ? [] : [trackers],
                IsPrivate = isPrivate,
            }.Build(),
        ];
        if (!MetainfoParser.TryParse(TorrentFile.AsMemory(), MetainfoLimits.Default, out var metainfo, out var error)) throw new ArgumentException($"These files make no torrent: {error}", nameof(files));
        Metainfo = metainfo;
    }

    /// <summary>One file of so many bytes.</summary>
    public static SimContent OneFile(long length, int pieceLength = 256 * 1024, int seed = 1, ImmutableArray<string> trackers = default) =>
        new(seed, pieceLength, [("one.bin", length)], trackers);

    /// <summary>The .torrent file.</summary>
    public ImmutableArray<byte> TorrentFile { get; }

    /// <summary>What it says.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>Its name on the wire.</summary>
    public InfoHash Torrent => Metainfo.WireHash;

    /// <summary>How its bytes divide into pieces and blocks.</summary>
    public PieceGeometry Geometry => Metainfo.Layout.Geometry;

    /// <summary>The right bytes of a range; it must lie within its piece.</summary>
    public void Fill(BlockRequest range, Span<byte> destination) => Fill(Geometry.PieceOffset(range.Piece) + range.Begin, destination[..range.Length]);

    /// <summary>The right bytes from <paramref name="offset"/> of the torrent on.</summary>
    public void Fill(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var number = offset / Window;
            var skip = (int)(offset % Window);
            var count = Math.Min(Window - skip, destination.Length);
            _noise.AsSpan(StartOf(number) + skip, count).CopyTo(destination);
            Stamp(number, skip, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Whether these are the right bytes of a range.</summary>
    public bool Matches(BlockRequest range, ReadOnlySpan<byte> bytes) => bytes.Length == range.Length && Matches(Geometry.PieceOffset(range.Piece) + range.Begin, bytes);

    /// <summary>Whether these are the right bytes from <paramref name="offset"/> of the torrent on.</summary>
    public bool Matches(long offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> right = stackalloc byte[Window];
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(Window - (int)(offset % Window), bytes.Length);
            Fill(offset, right[..count]);
            if (!right[..count].SequenceEqual(bytes[..count])) return false;
            bytes = bytes[count..];
            offset += count;
        }

        return true;
    }

    private static int StartOf(long number) => (int)((ulong)(number * 0x9E37_79B9) % NoiseBytes);

    // The window's number over its first eight bytes.
    private static void Stamp(long number, int skip, Span<byte> destination)
    {
        for (var i = skip; i < sizeof(long) && i - skip < destination.Length; i++) destination[i - skip] = (byte)(number >> (i * 8));
    }

    private byte[] HashAll(PieceGeometry geometry)
    {
        var hashes = new byte[geometry.PieceCount * Bytes20.Size];
        var piece = new byte[geometry.PieceLength];
        for (var i = 0; i < geometry.PieceCount; i++)
        {
            var bytes = piece.AsSpan(0, geometry.PieceSize(new PieceIndex(i)));
            Fill(geometry.PieceOffset(new PieceIndex(i)), bytes);
            SHA1.HashData(bytes, hashes.AsSpan(i * Bytes20.Size));
        }

        return hashes;
    }
}
