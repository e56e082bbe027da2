using System.Collections.Immutable;
using Swarm.TestKit.Content;

namespace Swarm.TestKit.Scenarios;

/// <summary>What a scenario's swarm shares. What is not said is drawn: size, length of pieces, number of files.</summary>
public sealed record ContentChoice
{
    private const int MaxEmptyFiles = 2;

    internal long LeastBytes { get; init; } = 1.MiB;

    internal long MostBytes { get; init; } = 3.MiB;

    internal ImmutableArray<int> PieceLengths { get; init; } = [16_384, 32_768, 65_536, 131_072, 262_144];

    internal int LeastFiles { get; init; } = 1;

    internal int MostFiles { get; init; } = 6;

    internal bool IsPrivate { get; init; }

    /// <summary>So many bytes in all.</summary>
    public ContentChoice OfSize(long bytes) => OfSize(bytes, bytes);

    /// <summary>Between so many and so many bytes in all.</summary>
    public ContentChoice OfSize(long least, long most) => this with { LeastBytes = least, MostBytes = most };

    /// <summary>Pieces of one of these lengths, each a power of two from 16 KiB on.</summary>
    public ContentChoice InPiecesOf(params ImmutableArray<int> bytes) => this with { PieceLengths = bytes };

    /// <summary>So many files, of odd sizes, some of them empty.</summary>
    public ContentChoice InFiles(int least, int most) => this with { LeastFiles = least, MostFiles = most };

    /// <summary>A private torrent (BEP 27).</summary>
    public ContentChoice Private() => this with { IsPrivate = true };

    internal SimContent Draw(Dice dice, ImmutableArray<string> trackers)
    {
        var size = dice.Between("content bytes", LeastBytes, MostBytes);
        var pieceLength = dice.OneOf("piece length", PieceLengths.AsSpan());
        var count = dice.Between("files", LeastFiles, MostFiles);
        return new SimContent(dice.Stream("content").Next(), pieceLength, Files(dice.Stream("file sizes"), size, count), trackers, IsPrivate);
    }

    // Cut at random places: neighbours share pieces and blocks. Two cuts at the same place would make an empty file, which is rare by chance and so is made on purpose.
    private static ImmutableArray<(string Path, long Length)> Files(Random chance, long size, int count)
    {
        if (count == 1) return [("one.bin", size)];
        var cuts = Enumerable.Range(0, count - 1).Select(_ => chance.NextInt64(size + 1)).Append(0).Append(size).Order().ToArray();
        var files = Enumerable.Range(0, count).Select(i => ($"folder-{i % 3}/file-{i}.bin", cuts[i + 1] - cuts[i]));
        var empty = Enumerable.Range(0, chance.Next(MaxEmptyFiles + 1)).Select(i => ($"empty-{i}.bin", 0L));
        return [.. files, .. empty];
    }
}
