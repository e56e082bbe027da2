using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Tests.Actors.Fakes;

namespace Swarm.Tests.Actors.Torrents;

public sealed class FileProblemsTests
{
    private static readonly FakeContent Content = FakeContent.OneFile(100_000);

    [Theory]
    [InlineData(FileProblemKind.Missing, false, "/content/one.bin is missing, though it was downloaded; put it back, or use --recheck to fetch and overwrite what does not match")]
    [InlineData(FileProblemKind.Changed, false, "/content/one.bin was changed since it was downloaded; put it back, or use --recheck to fetch and overwrite what does not match")]
    [InlineData(FileProblemKind.InTheWay, false, "/content/one.bin is already there and does not belong to this torrent; move it away, or use --recheck to fetch and overwrite what does not match")]
    [InlineData(FileProblemKind.Missing, true, "/content/one.bin is missing, though it was downloaded; put the right one there, or let 'swarm get --recheck' fetch and overwrite what does not match")]
    [InlineData(FileProblemKind.InTheWay, true, "/content/one.bin is already there and does not belong to this torrent; put the right one there, or let 'swarm get --recheck' fetch and overwrite what does not match")]
    public void The_advice_fits_whoever_gets_it(FileProblemKind kind, bool seedOnly, string expected) =>
        FileProblems.Describe([new FileProblem(kind, "one.bin")], "/content", seedOnly).ShouldBe(expected);

    [Theory]
    [InlineData(true, false, "was changed while it was being shared; put it back, or use --recheck to fetch and overwrite what does not match")]
    [InlineData(false, false, "was removed while it was being shared; put it back, or use --recheck to fetch and overwrite what does not match")]
    [InlineData(true, true, "was changed while it was being shared; put it back and start anew; 'swarm seed' without --torrent shares what is there now")]
    [InlineData(false, true, "was removed while it was being shared; put it back and start anew; 'swarm seed' without --torrent shares what is there now")]
    public void Who_only_seeds_is_not_told_to_overwrite(bool exists, bool seedOnly, string expected)
    {
        var before = new FileFingerprint(true, 100_000, 1);
        FileProblems.DescribeChange(Content.Layout, [before], [exists ? before with { ModifiedTicks = 2 } : FileFingerprint.Absent], "/content", seedOnly).ShouldBe($"/content/one.bin {expected}");
    }
}
