using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.Actors.Torrents;

// Three files of 10, 20 and 10 bytes, pieces of 8: a has 0-1, b has 1-3, c has 3-4. A piece is written as '1' or '.', a file as length@time or '-'.
public sealed class ResumePlanTests
{
    private static readonly ContentLayout Layout = new(Geometry(40), Files(10, 20, 10));

    [Theory]
    // progress, its files, found files, mode -> believed, hashed
    [InlineData(null, "", "- - -", ".....", ".....")]
    [InlineData(null, "", "10@1 - -", ".....", "11...")]
    [InlineData(null, "", "0@1 - -", ".....", ".....")]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 20@1 10@1", "11111", ".....")]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 20@2 10@1", "1...1", ".111.")]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 - 10@1", "1...1", ".....")]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 19@1 10@1", "1...1", ".111.")]
    [InlineData("1....", "10@1 20@1 -", "10@1 20@9 4@9", "1....", ".1111")]
    [InlineData("11111", "10@1 20@1", "10@1 20@1 10@1", ".....", "11111")]
    [InlineData("11111", "10@1 - 10@1", "10@1 - 10@1", "1...1", ".....")]
    public void What_looks_as_it_was_left_is_believed_and_the_rest_is_hashed(string? recorded, string then, string found, string trusted, string toCheck)
    {
        var plan = Plan(recorded, then, found);
        Text(plan.Trusted).ShouldBe(trusted);
        Text(plan.ToCheck).ShouldBe(toCheck);
    }

    [Theory]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 20@1 10@1", ".....", "11111")]
    [InlineData("11111", "10@1 20@1 10@1", "10@1 - -", ".....", "11...")]
    public void A_recheck_believes_nothing(string recorded, string then, string found, string trusted, string toCheck)
    {
        var plan = Plan(recorded, then, found, ResumeMode.Recheck);
        Text(plan.Trusted).ShouldBe(trusted);
        Text(plan.ToCheck).ShouldBe(toCheck);
        plan.ProblemsAfterCheck(Pieces(".....")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10@1 20@1 10@1", "11111")]
    [InlineData("10@1 20@1 9@1", ".....")]
    [InlineData("10@1 20@1 -", ".....")]
    public void Trust_believes_all_if_every_file_has_its_length(string found, string trusted) => Text(Plan(null, "", found, ResumeMode.Trust).Trusted).ShouldBe(trusted);

    [Theory]
    [InlineData("10@1 - 10@1", "1...1", "Missing:b")]
    [InlineData("- 20@1 10@1", "..111", "Missing:a")]
    [InlineData("- - -", ".....", "Missing:a Missing:b Missing:c")]
    [InlineData("10@1 20@2 10@1", "11.11", "Changed:b")]
    [InlineData("10@1 20@2 10@1", "11111", "")]
    [InlineData("9@1 - 10@1", "1...1", "Changed:a Missing:b")]
    // b is full but changed in the middle, which is not the missing c's doing.
    [InlineData("10@1 20@2 -", "11...", "Changed:b Missing:c")]
    [InlineData("10@1 20@2 -", "111..", "Missing:c")]
    public void A_recorded_piece_that_is_gone_names_its_file(string found, string valid, string problems) =>
        Text(Plan("11111", "10@1 20@1 10@1", found).ProblemsAfterCheck(Pieces(valid))).ShouldBe(problems);

    [Theory]
    [InlineData("- - -", ".....", "")]
    [InlineData("10@1 - -", ".....", "InTheWay:a")]
    [InlineData("10@1 - -", "1....", "")]
    [InlineData("11@1 - -", "1....", "InTheWay:a")]
    [InlineData("0@1 - -", ".....", "")]
    public void For_a_new_torrent_other_content_in_its_place_is_in_the_way(string found, string valid, string problems) =>
        Text(Plan(null, "", found).ProblemsAfterCheck(Pieces(valid))).ShouldBe(problems);

    [Fact]
    public void What_was_never_recorded_may_be_lost()
    {
        var plan = Plan("1....", "10@1 20@1 -", "10@1 20@5 3@5");
        plan.ProblemsAfterCheck(Pieces("1....")).ShouldBeEmpty();
    }

    [Fact]
    public void Pad_files_and_links_are_looked_at_nowhere()
    {
        var layout = new ContentLayout(Geometry(24), [new ContentFile("a", 0, 8), new ContentFile(".pad/8", 8, 8) { IsPad = true }, new ContentFile("b", 16, 8), new ContentFile("l", 24, 0) { SymlinkTarget = "a" }]);
        var files = Found("8@1 - 8@1 -");
        var plan = ResumePlan.Create(layout, new ProgressRecord([0b1110_0000], files, 0, 0, false), files, ResumeMode.Resume);
        Text(plan.Trusted).ShouldBe("111");
        plan.ProblemsAfterCheck(plan.Trusted).ShouldBeEmpty();
    }

    private static PieceGeometry Geometry(long length) => new(length, 8);

    private static ImmutableArray<ContentFile> Files(params int[] lengths)
    {
        var offset = 0L;
        var files = ImmutableArray.CreateBuilder<ContentFile>();
        foreach (var length in lengths)
        {
            files.Add(new ContentFile(((char)('a' + files.Count)).ToString(), offset, length));
            offset += length;
        }

        return files.ToImmutable();
    }

    private static ResumePlan Plan(string? recorded, string then, string found, ResumeMode mode = ResumeMode.Resume) =>
        ResumePlan.Create(Layout, recorded is null ? null : new ProgressRecord([.. Pieces(recorded).ToWire()], Found(then), 0, 0, false), Found(found), mode);

    private static ImmutableArray<FileFingerprint> Found(string text) =>
    [
        .. text.Split(' ').Select(file => file == "-"
            ? FileFingerprint.Absent
            : new FileFingerprint(true, long.Parse(file.Split('@')[0], System.Globalization.CultureInfo.InvariantCulture), long.Parse(file.Split('@')[1], System.Globalization.CultureInfo.InvariantCulture))),
    ];

    private static Bitfield Pieces(string text)
    {
        var pieces = new Bitfield(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '1') pieces.Add(new PieceIndex(i));
        }

        return pieces;
    }

    private static string Text(Bitfield pieces) => string.Concat(Enumerable.Range(0, pieces.Length).Select(i => pieces[new PieceIndex(i)] ? '1' : '.'));

    private static string Text(ImmutableArray<FileProblem> problems) => string.Join(' ', problems.Select(problem => $"{problem.Kind}:{problem.Path}"));
}
