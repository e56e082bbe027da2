using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Picking;

/// <summary>
/// What files a user wants, as priorities of pieces: a piece has the highest priority of the files in it. A pad file (BEP 47) has that of the file
/// before it, because it is there to fill that file's last piece. Owned by who owns the picker; changing one file looks only at that file's pieces.
/// </summary>
public sealed class FilePriorities
{
    private readonly ContentLayout _layout;
    private readonly PiecePriority[] _files;
    private readonly PiecePriority[] _pieces;
    private readonly List<FileRegion> _regions = [];

    /// <summary>Every file has <see cref="PiecePriority.Normal"/>.</summary>
    public FilePriorities(ContentLayout layout)
    {
        _layout = layout;
        _files = new PiecePriority[layout.Files.Length];
        _pieces = new PiecePriority[layout.Geometry.PieceCount];
        _files.AsSpan().Fill(PiecePriority.Normal);
        _pieces.AsSpan().Fill(PiecePriority.Normal);
    }

    /// <summary>The priority of a file.</summary>
    public PiecePriority this[int file] => _files[file];

    /// <summary>The priorities of all pieces: what <see cref="PiecePicker.SetPriorities"/> takes.</summary>
    public ReadOnlySpan<PiecePriority> Pieces => _pieces;

    /// <summary>Sets the priority of a file, and with it that of pad files after it. Pieces whose own priority is thereby another are added to <paramref name="changed"/>, in order.</summary>
    public void Set(int file, PiecePriority priority, List<PieceIndex> changed)
    {
        var last = file;
        _files[file] = priority;
        while (last + 1 < _files.Length && _layout.Files[last + 1].IsPad) _files[++last] = priority;
        for (var i = file; i <= last; i++)
        {
            if (_layout.PiecesOf(i) is not { } range) continue;
            for (var piece = range.First.Value; piece <= range.Last.Value; piece++) Update(new PieceIndex(piece), changed);
        }
    }

    private void Update(PieceIndex piece, List<PieceIndex> changed)
    {
        _regions.Clear();
        _layout.RegionsOf(_layout.Geometry.PieceOffset(piece), _layout.Geometry.PieceSize(piece), _regions);
        var highest = PiecePriority.Skip;
        foreach (var region in _regions)
        {
            if (_files[region.File].CompareTo(highest) > 0) highest = _files[region.File];
        }

        if (_pieces[piece.Value] == highest) return;
        _pieces[piece.Value] = highest;
        changed.Add(piece);
    }
}
