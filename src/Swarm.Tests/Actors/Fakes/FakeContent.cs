using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Protocol.Metainfo;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>Random content that lies nowhere, and its torrent.</summary>
internal sealed class FakeContent
{
    public FakeContent(int pieceLength, ImmutableArray<(string Path, int Length)> files, ImmutableArray<string> trackers = default, int seed = 1)
    {
        Bytes = new byte[files.Sum(file => file.Length)];
        new Random(seed).NextBytes(Bytes);
        var hashes = new List<byte>();
        for (var offset = 0; offset < Bytes.Length; offset += pieceLength) hashes.AddRange(SHA1.HashData(Bytes.AsSpan(offset, Math.Min(pieceLength, Bytes.Length - offset))));
        var single = files.Length == 1;
        File =
        [
            .. new MetainfoBuilder
            {
                Name = single ? files[0].Path : "content",
                Files = [.. files.Select(file => new BuilderFile(single ? [] : [.. file.Path.Split('/')], file.Length))],
                PieceLength = pieceLength,
                PieceHashes = new PieceHashes(hashes.ToArray()),
                TrackerTiers = trackers.IsDefaultOrEmpty ? [] : [trackers],
            }.Build(),
        ];
        MetainfoParser.TryParse(File.AsMemory(), MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        Metainfo = metainfo!;
    }

    public byte[] Bytes { get; }

    public ImmutableArray<byte> File { get; }

    public TorrentMetainfo Metainfo { get; }

    public ContentLayout Layout => Metainfo.Layout;

    public PieceGeometry Geometry => Layout.Geometry;

    public InfoHash Torrent => Metainfo.WireHash;

    /// <summary>One file of so many bytes.</summary>
    public static FakeContent OneFile(int length, int pieceLength = 32 * 1024, int seed = 1) => new(pieceLength, [("one.bin", length)], seed: seed);

    public ReadOnlySpan<byte> Of(BlockRequest block) => Bytes.AsSpan((int)Geometry.PieceOffset(block.Piece) + block.Begin, block.Length);

    public Bitfield All()
    {
        var all = new Bitfield(Geometry.PieceCount);
        all.Fill();
        return all;
    }
}
