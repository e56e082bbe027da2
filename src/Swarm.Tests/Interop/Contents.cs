using Swarm.Tests.EndToEnd;

namespace Swarm.Tests.Interop;

/// <summary>The shapes of content every client is tried with, by name. Each name is its own seed and its own torrent.</summary>
internal static class Contents
{
    public const string SingleFile = "single file";
    public const string ManyFiles = "many files";
    public const string OneByte = "one byte";
    public const string OnePiece = "exactly one piece";
    public const string ShortLastPiece = "last piece short";

    public static IReadOnlyList<string> Names { get; } = [SingleFile, ManyFiles, OneByte, OnePiece, ShortLastPiece];

    public static TheoryData<string> All => [.. Names];

    public static TestContent Create(string name) => name switch
    {
        SingleFile => TestContent.Create(1, 64 * 1024, ("single.bin", 2 * 1024 * 1024)),
        ManyFiles => TestContent.Create(2, 32 * 1024, Awkward()),
        OneByte => TestContent.Create(3, 16 * 1024, ("one byte.bin", 1)),
        OnePiece => TestContent.Create(4, 64 * 1024, ("one piece.bin", 64 * 1024)),
        ShortLastPiece => TestContent.Create(5, 64 * 1024, ("short last piece.bin", (10 * 64 * 1024) + 1)),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>A few MiB in small pieces: long enough to do something in the middle of it.</summary>
    public static TestContent Long(int seed) => TestContent.Create(seed, 32 * 1024, ("long.bin", 4 * 1024 * 1024));

    // Empty files at the start, in a row and at the end; files that end exactly at a piece's or block's end, and one byte beside it; names with what file systems and clients trip over.
    private static (string Path, int Length)[] Awkward() =>
    [
        ("empty first.txt", 0), ("a", 1), ("b", 1), ("piece.bin", 32 * 1024), ("block.bin", 16 * 1024), ("block and one.bin", (16 * 1024) + 1), ("block less one.bin", (16 * 1024) - 1),
        ("folder/empty", 0), ("folder/empty too", 0), ("folder/deep/er/still/file.bin", 100_003), ("two  spaces and dots...x.txt", 17), ("Ünïcödé – 文件.bin", 70_001), ("папка/файл 🎵.flac", 33_333),
        ("percent %20 plus + hash # amp & semi ;.bin", 5), ("many.pieces", 400_000), ("z/one.bin", 1), ("z/empty last", 0),
    ];
}
