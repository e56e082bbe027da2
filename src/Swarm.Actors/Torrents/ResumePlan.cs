using System.Collections.Immutable;
using Swarm.Actors.Ports;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Decides, when a torrent starts, which pieces to believe without reading them, which to hash, and whether the files on disk are what we left there.
/// Pure. Used by the torrent between <see cref="IDisk.Opened"/> and the first write.
/// <para>
/// A piece is believed if it was recorded as verified and every file it touches is there and looks as it did then (length, last write). Otherwise it is hashed if there are
/// bytes. After a crash the files that were being written look different, so their pieces are hashed, and those that were verified but not yet recorded are found again;
/// seeds look the same and are not read at all.
/// </para>
/// <para>
/// Nothing is overwritten silently: a recorded piece that is gone or different (<see cref="FileProblemKind.Missing"/>, <see cref="FileProblemKind.Changed"/>), or, for a torrent that never
/// wrote here, a file of other content in its place (<see cref="FileProblemKind.InTheWay"/>), stops the torrent until the user asks for a recheck.
/// </para>
/// </summary>
public sealed class ResumePlan
{
    private readonly ContentLayout _layout;
    private readonly ImmutableArray<FileFingerprint> _found;
    private readonly Bitfield? _recorded;
    private readonly bool _acceptLoss;

    private ResumePlan(ContentLayout layout, ImmutableArray<FileFingerprint> found, Bitfield? recorded, bool acceptLoss, Bitfield trusted, Bitfield toCheck)
    {
        _layout = layout;
        _found = found;
        _recorded = recorded;
        _acceptLoss = acceptLoss;
        Trusted = trusted;
        ToCheck = toCheck;
    }

    /// <summary>Pieces that are verified without being read.</summary>
    public Bitfield Trusted { get; }

    /// <summary>Pieces to hash before anything is asked of peers.</summary>
    public Bitfield ToCheck { get; }

    /// <summary>
    /// Makes the plan. <paramref name="progress"/> is null for a torrent that never wrote here; <paramref name="found"/> are the files as they are, in layout order;
    /// <paramref name="mode"/>: see <see cref="ResumeMode"/>.
    /// </summary>
    public static ResumePlan Create(ContentLayout layout, ProgressRecord? progress, ImmutableArray<FileFingerprint> found, ResumeMode mode)
    {
        var count = layout.Geometry.PieceCount;
        var recorded = progress is null ? null : Bitfield.FromWire(progress.Verified.AsSpan(), count);
        var trusted = new Bitfield(count);
        var toCheck = new Bitfield(count);
        var recheck = mode == ResumeMode.Recheck;
        if (mode == ResumeMode.Trust && IsComplete(layout, found))
        {
            trusted.Fill();
            return new ResumePlan(layout, found, recorded, acceptLoss: false, trusted, toCheck);
        }

        if (recorded is not null && !recheck) CopyInto(recorded, trusted);
        for (var file = 0; file < layout.Files.Length; file++)
        {
            if (!OnDisk(layout.Files[file]) || layout.PiecesOf(file) is not var (first, last)) continue;
            var same = recorded is not null && !recheck && progress!.Files.Length == found.Length && progress.Files[file] == found[file] && found[file].Exists;
            if (same) continue;
            for (var piece = first.Value; piece <= last.Value; piece++)
            {
                trusted.Remove(new PieceIndex(piece));
                if (found[file].Exists && found[file].Length > 0) toCheck.Add(new PieceIndex(piece));
            }
        }

        return new ResumePlan(layout, found, recorded, recheck, trusted, toCheck);
    }

    /// <summary>What stands against going on, once every piece of <see cref="ToCheck"/> was hashed and <paramref name="valid"/> are all that hold. Empty: go on.</summary>
    public ImmutableArray<FileProblem> ProblemsAfterCheck(Bitfield valid)
    {
        if (_acceptLoss) return [];
        var problems = ImmutableArray.CreateBuilder<FileProblem>();
        for (var file = 0; file < _layout.Files.Length; file++)
        {
            if (!OnDisk(_layout.Files[file]) || _layout.PiecesOf(file) is not var (first, last)) continue;
            var (lost, held) = Compare(first, last, valid);
            if (_recorded is null)
            {
                if (_found[file].Length > 0 && (held == 0 || _found[file].Length > _layout.Files[file].Length)) problems.Add(new FileProblem(FileProblemKind.InTheWay, _layout.Files[file].Path));
            }
            else if (lost > 0)
            {
                var changed = _found[file].Exists;
                if (changed && LossIsNeighbours(file, first, last, valid)) continue;
                problems.Add(new FileProblem(changed ? FileProblemKind.Changed : FileProblemKind.Missing, _layout.Files[file].Path));
            }
        }

        return problems.ToImmutable();
    }

    private static bool OnDisk(ContentFile file) => !file.IsPad && file.SymlinkTarget is null;

    private static bool IsComplete(ContentLayout layout, ImmutableArray<FileFingerprint> found)
    {
        for (var file = 0; file < found.Length; file++)
        {
            if (OnDisk(layout.Files[file]) && (!found[file].Exists || found[file].Length != layout.Files[file].Length)) return false;
        }

        return true;
    }

    private static void CopyInto(Bitfield from, Bitfield to)
    {
        for (var piece = from.NextSet(0); piece >= 0; piece = from.NextSet(piece + 1)) to.Add(new PieceIndex(piece));
    }

    private (int Lost, int Held) Compare(PieceIndex first, PieceIndex last, Bitfield valid)
    {
        int lost = 0, held = 0;
        for (var piece = first.Value; piece <= last.Value; piece++)
        {
            var index = new PieceIndex(piece);
            if (valid[index]) held++;
            else if (_recorded is not null && _recorded[index]) lost++;
        }

        return (lost, held);
    }

    // A file of full length whose lost pieces all lie partly in a missing neighbour is not what the user must look at.
    private bool LossIsNeighbours(int file, PieceIndex first, PieceIndex last, Bitfield valid)
    {
        if (_found[file].Length != _layout.Files[file].Length) return false;
        for (var piece = first.Value; piece <= last.Value; piece++)
        {
            var index = new PieceIndex(piece);
            if (!valid[index] && _recorded![index] && !TouchesMissingFile(index)) return false;
        }

        return true;
    }

    private bool TouchesMissingFile(PieceIndex piece)
    {
        var regions = new List<FileRegion>();
        _layout.RegionsOf(_layout.Geometry.PieceOffset(piece), _layout.Geometry.PieceSize(piece), regions);
        return regions.Any(region => OnDisk(_layout.Files[region.File]) && !_found[region.File].Exists);
    }
}

/// <summary>A file that is not what the torrent left or may write.</summary>
public sealed record FileProblem(FileProblemKind Kind, string Path);

/// <summary>The ways in which a file on disk stands against a torrent.</summary>
public enum FileProblemKind
{
    /// <summary>It held verified pieces and is gone.</summary>
    Missing,

    /// <summary>It held verified pieces that no longer verify.</summary>
    Changed,

    /// <summary>It was there before this torrent and holds nothing of it, or is longer than the torrent's file.</summary>
    InTheWay,
}

/// <summary>How much of what lies on disk is believed.</summary>
public enum ResumeMode
{
    /// <summary>What was recorded, if the files look as they did.</summary>
    Resume,

    /// <summary>Nothing: the user asked for a recheck, and accepts that what does not match is fetched again and overwritten.</summary>
    Recheck,

    /// <summary>Everything, if every file has its length: the content has just been hashed by the caller.</summary>
    Trust,
}
