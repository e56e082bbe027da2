using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Content;

/// <summary>How a file on disk stands to its torrent.</summary>
internal enum FileVerdict
{
    /// <summary>Its length is right and every piece it touches matches.</summary>
    Ok,

    /// <summary>It is not there.</summary>
    Missing,

    /// <summary>It is shorter or longer than the torrent says.</summary>
    WrongLength,

    /// <summary>A piece that it touches does not match; the piece may be shared with a neighbour that is the damaged one.</summary>
    Damaged,
}

/// <summary>A file's verdict. <paramref name="Path"/> is inside the torrent, <paramref name="Length"/> what the torrent says.</summary>
internal sealed record CheckedFile(string Path, long Length, FileVerdict State);

/// <summary>What <c>verify --json</c> prints.</summary>
internal sealed record ContentCheck(string Name, string? InfoHashV1, string Path, bool Complete, int Pieces, int ValidPieces, long TotalLength, ImmutableArray<CheckedFile> Files)
{
    /// <summary>The most threads that hash.</summary>
    public const int MaxHashThreads = 8;

    /// <summary>One a processor.</summary>
    public static int DefaultHashThreads => Math.Clamp(Environment.ProcessorCount, 1, MaxHashThreads);

    /// <summary>Hashes what lies below a folder (blocks, uses so many threads) and compares; changes nothing.</summary>
    /// <exception cref="SwarmException">Nothing can be compared.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ContentCheck Run(TorrentMetainfo metainfo, string folder, int threads, Action<long>? progress, CancellationToken cancellation)
    {
        if (metainfo.PieceHashes is null) throw new SwarmException("this is a v2-only torrent, and this version verifies v1 and hybrid ones");
        var spec = new StorageSpec(metainfo.Layout, folder, metainfo.PieceHashes.Memory, FileAllocation.Sparse);
        var states = new ContentHasher(threads).Verify(spec, progress, cancellation, out var error);
        if (error is not null) throw new SwarmException(TorrentText.Clean(error.Message));
        var files = ImmutableArray.CreateBuilder<CheckedFile>();
        for (var i = 0; i < metainfo.Layout.Files.Length; i++)
        {
            var file = metainfo.Layout.Files[i];
            if (!file.IsPad) files.Add(new CheckedFile(metainfo.PathInTorrent(file), file.Length, VerdictOf(metainfo.Layout, i, folder, states)));
        }

        var valid = states.Count(state => state == PieceState.Valid);
        var complete = valid == states.Length && files.All(file => file.State == FileVerdict.Ok);
        return new ContentCheck(metainfo.Name, metainfo.V1?.ToString(), System.IO.Path.Join(folder, metainfo.Name), complete, states.Length, valid, metainfo.ContentLength, files.DrainToImmutable());
    }

    private static FileVerdict VerdictOf(ContentLayout layout, int index, string folder, ImmutableArray<PieceState> states)
    {
        var file = layout.Files[index];
        var found = new FileInfo(System.IO.Path.Join(folder, file.Path));
        if (file.SymlinkTarget is not null) return found.LinkTarget is not null || found.Exists ? FileVerdict.Ok : FileVerdict.Missing;
        if (!found.Exists) return FileVerdict.Missing;
        if (found.Length != file.Length) return FileVerdict.WrongLength;
        if (layout.PiecesOf(index) is not var (first, last)) return FileVerdict.Ok;
        return states.AsSpan()[first.Value..(last.Value + 1)].ContainsAnyExcept(PieceState.Valid) ? FileVerdict.Damaged : FileVerdict.Ok;
    }
}
