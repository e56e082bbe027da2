using System.Collections.Immutable;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Writes a v1 .torrent file (BEP 3, 12, 19, 27) in canonical form from what its maker decided and hashed. Pure: it reads no file and
/// hashes nothing, so the same input gives the same bytes. What it is given is its caller's, so contradictions throw.
/// </summary>
public sealed record MetainfoBuilder
{
    /// <summary>The name of the file or folder. Not empty.</summary>
    public required string Name { get; init; }

    /// <summary>The files in the order their bytes were hashed. One file with an empty path makes a torrent without a folder.</summary>
    public required ImmutableArray<BuilderFile> Files { get; init; }

    /// <summary>Bytes of a piece, ≥ 1; <see cref="PieceLengthChoice"/> has a good one.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The SHA-1 of every piece, one after the other.</summary>
    public required PieceHashes PieceHashes { get; init; }

    /// <summary>Trackers in tiers; may be empty.</summary>
    public ImmutableArray<ImmutableArray<string>> TrackerTiers { get; init; } = [];

    /// <summary>Web seeds; may be empty.</summary>
    public ImmutableArray<string> WebSeeds { get; init; } = [];

    /// <summary>Peers from the trackers only (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A mark that makes the hash differ from the same content elsewhere, or null.</summary>
    public string? Source { get; init; }

    /// <summary>A remark, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that makes the file, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the file is made, or null to leave it out.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The .torrent file.</summary>
    /// <exception cref="InvalidOperationException">There is no content, or the hashes are not as many as its pieces.</exception>
    public byte[] Build()
    {
        Validate();
        var writer = new BencodeWriter(PieceHashes.Memory.Length + 4096).BeginDictionary();
        string[] trackers = [.. TrackerTiers.SelectMany(tier => tier)];
        if (trackers.Length > 0) writer.WriteText("announce"u8, trackers[0]);
        if (trackers.Length > 1) WriteTiers(writer);
        if (Comment is not null) writer.WriteText("comment"u8, Comment);
        if (CreatedBy is not null) writer.WriteText("created by"u8, CreatedBy);
        if (CreationDate is { } date) writer.WriteInteger("creation date"u8, date.ToUnixTimeSeconds());
        writer.WriteText("encoding"u8, "UTF-8");
        WriteInfo(writer);
        if (WebSeeds.Length == 1) writer.WriteText("url-list"u8, WebSeeds[0]);
        if (WebSeeds.Length > 1) WriteTexts(writer.BeginList("url-list"u8), WebSeeds);
        return writer.End().ToArray();
    }

    private bool IsSingleFile => Files is [{ Path.IsEmpty: true }];

    private void Validate()
    {
        var isFolder = Files.All(file => !file.Path.IsEmpty && file.Path.All(element => element.Length > 0));
        if (Name.Length == 0 || (!isFolder && !IsSingleFile)) throw new InvalidOperationException("The name or a path is empty.");
        if (Files.Any(file => file.Length < 0)) throw new InvalidOperationException("A file's length is negative.");
        var total = Files.Sum(file => file.Length);
        if (total == 0) throw new InvalidOperationException("There is no content.");
        var pieces = new PieceGeometry(total, PieceLength).PieceCount;
        if (pieces != PieceHashes.Count) throw new InvalidOperationException($"There are {pieces} pieces and {PieceHashes.Count} hashes.");
    }

    private void WriteInfo(BencodeWriter writer)
    {
        writer.BeginDictionary("info"u8);
        if (IsSingleFile) writer.WriteInteger("length"u8, Files[0].Length);
        else WriteFiles(writer);
        writer.WriteText("name"u8, Name);
        writer.WriteInteger("piece length"u8, PieceLength);
        writer.WriteString("pieces"u8, PieceHashes.Memory.Span);
        if (IsPrivate) writer.WriteInteger("private"u8, 1);
        if (Source is not null) writer.WriteText("source"u8, Source);
        writer.End();
    }

    private void WriteFiles(BencodeWriter writer)
    {
        writer.BeginList("files"u8);
        foreach (var file in Files)
        {
            writer.BeginDictionary();
            if (file.Attributes.Length > 0) writer.WriteText("attr"u8, file.Attributes);
            writer.WriteInteger("length"u8, file.Length);
            WriteTexts(writer.BeginList("path"u8), file.Path);
            if (file.LinkTarget is { } target) WriteTexts(writer.BeginList("symlink path"u8), target);
            writer.End();
        }

        writer.End();
    }

    private void WriteTiers(BencodeWriter writer)
    {
        writer.BeginList("announce-list"u8);
        foreach (var tier in TrackerTiers)
        {
            if (tier.Length > 0) WriteTexts(writer.BeginList(), tier);
        }

        writer.End();
    }

    private static void WriteTexts(BencodeWriter list, ImmutableArray<string> texts)
    {
        foreach (var text in texts) list.WriteText(text);
        list.End();
    }
}

/// <summary>A file of a new torrent: its path below the folder, element by element, and its length in bytes.</summary>
public sealed record BuilderFile(ImmutableArray<string> Path, long Length)
{
    /// <summary>The owner may run it (BEP 47, attribute x). Not written for a torrent of a single file, whose hash others then make alike.</summary>
    public bool IsExecutable { get; init; }

    /// <summary>What a symbolic link of length 0 points to, below the folder, element by element; null for an ordinary file (BEP 47, attribute l).</summary>
    public ImmutableArray<string>? LinkTarget { get; init; }

    internal string Attributes => LinkTarget is not null ? "l" : IsExecutable ? "x" : "";
}
