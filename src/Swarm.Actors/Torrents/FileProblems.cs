using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Says what is wrong with a torrent's files, where, and what to do: one line for people. Who fetches can have what does not match overwritten; who only seeds never writes, so it is
/// somebody else who must put it right.
/// </summary>
internal static class FileProblems
{
    private const string Overwrite = "use --recheck to fetch and overwrite what does not match";

    /// <summary>Of files found at the start.</summary>
    public static string Describe(ImmutableArray<FileProblem> problems, string folder, bool seedOnly)
    {
        var first = problems[0];
        var what = first.Kind switch
        {
            FileProblemKind.Missing => "is missing, though it was downloaded",
            FileProblemKind.Changed => "was changed since it was downloaded",
            _ => "is already there and does not belong to this torrent",
        };
        var others = problems.Length > 1 ? $" (and {problems.Length - 1} more)" : "";
        var remedy = (seedOnly, first.Kind) switch
        {
            (true, _) => "put the right one there, or let 'swarm get --recheck' fetch and overwrite what does not match",
            (false, FileProblemKind.InTheWay) => $"move it away, or {Overwrite}",
            _ => $"put it back, or {Overwrite}",
        };
        return $"{Path.Combine(folder, first.Path)} {what}{others}; {remedy}";
    }

    /// <summary>Of a file that is gone though pieces of it were verified in this run; null if none is.</summary>
    public static string? DescribeGone(ContentLayout layout, Bitfield verified, ImmutableArray<FileFingerprint> now, string folder, bool seedOnly)
    {
        for (var file = 0; file < now.Length; file++)
        {
            if (now[file].Exists || layout.Files[file].IsPad || layout.Files[file].SymlinkTarget is not null || layout.PiecesOf(file) is not var (first, last)) continue;
            if (verified.NextSet(first.Value) is var held && held >= 0 && held <= last.Value) return Describe([new FileProblem(FileProblemKind.Missing, layout.Files[file].Path)], folder, seedOnly);
        }

        return null;
    }

    /// <summary>Of files that changed while they were being served.</summary>
    public static string DescribeChange(ContentLayout layout, ImmutableArray<FileFingerprint> before, ImmutableArray<FileFingerprint> now, string folder, bool seedOnly)
    {
        var changed = Enumerable.Range(0, now.Length).First(file => before[file] != now[file]);
        var what = now[changed].Exists ? "was changed while it was being shared" : "was removed while it was being shared";
        var remedy = seedOnly ? "put it back and start anew; 'swarm seed' without --torrent shares what is there now" : $"put it back, or {Overwrite}";
        return $"{Path.Combine(folder, layout.Files[changed].Path)} {what}; {remedy}";
    }
}
