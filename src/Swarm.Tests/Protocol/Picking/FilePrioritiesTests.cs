using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

public sealed class FilePrioritiesTests
{
    [Theory]
    [InlineData(0, 0, "0 4 4 4 4", "0")]
    [InlineData(1, 7, "4 7 7 4 4", "1 2")]
    [InlineData(1, 0, "4 4 4 4 4", "")]
    [InlineData(2, 0, "4 4 4 4 4", "")]
    [InlineData(3, 1, "4 4 4 1 1", "3 4")]
    public void Piece_has_the_highest_priority_of_the_files_in_it(int file, byte priority, string pieces, string changed)
    {
        // Pieces of 10 bytes: file 0 is bytes 0 to 14, file 1 is 15 to 24, file 2 is empty, file 3 is 25 to 49.
        var priorities = Of((15, false), (10, false), (0, false), (25, false));
        var changes = new List<PieceIndex>();
        priorities.Set(file, new PiecePriority(priority), changes);
        Text(priorities).ShouldBe(pieces);
        string.Join(' ', changes).ShouldBe(changed);
        priorities[file].Value.ShouldBe(priority);
    }

    [Fact]
    public void Pad_file_has_the_priority_of_the_file_before_it()
    {
        var priorities = Of((15, false), (5, true), (20, false));
        var changes = new List<PieceIndex>();
        priorities.Set(0, PiecePriority.Skip, changes);
        Text(priorities).ShouldBe("0 0 4 4");
        changes.ShouldBe([new PieceIndex(0), new PieceIndex(1)]);
        priorities.Set(0, PiecePriority.High, changes);
        Text(priorities).ShouldBe("6 6 4 4");
    }

    [Fact]
    public void Priorities_agree_with_a_scan_of_all_files()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var files = Enumerable.Range(0, random.Next(1, 12)).Select(i => ((long)random.Next(i == 0 ? 1 : 0, 40), false)).ToArray();
            var priorities = Of(files);
            for (var change = 0; change < 20; change++)
            {
                var before = priorities.Pieces.ToArray();
                var changes = new List<PieceIndex>();
                priorities.Set(random.Next(files.Length), new PiecePriority((byte)random.Next(8)), changes);
                for (var piece = 0; piece < before.Length; piece++)
                {
                    priorities.Pieces[piece].ShouldBe(Highest(priorities, files, piece));
                    changes.Contains(new PieceIndex(piece)).ShouldBe(before[piece] != priorities.Pieces[piece]);
                }
            }
        }
    }

    private static PiecePriority Highest(FilePriorities priorities, (long Length, bool IsPad)[] files, int piece)
    {
        var highest = PiecePriority.Skip;
        long offset = 0;
        for (var i = 0; i < files.Length; offset += files[i++].Length)
        {
            var overlaps = files[i].Length > 0 && offset < (piece + 1) * 10 && offset + files[i].Length > piece * 10;
            if (overlaps && priorities[i].CompareTo(highest) > 0) highest = priorities[i];
        }

        return highest;
    }

    private static FilePriorities Of(params (long Length, bool IsPad)[] files)
    {
        long offset = 0;
        var content = new List<ContentFile>();
        foreach (var (length, isPad) in files)
        {
            content.Add(new ContentFile($"file{content.Count}", offset, length) { IsPad = isPad });
            offset += length;
        }

        return new FilePriorities(new ContentLayout(new PieceGeometry(offset, 10), [.. content]));
    }

    private static string Text(FilePriorities priorities) => string.Join(' ', priorities.Pieces.ToArray());
}
