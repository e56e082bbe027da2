using System.CommandLine;
using System.Globalization;
using Swarm.Host.Input;
using Swarm.Host.Output;

namespace Swarm.Host.Commands;

/// <summary><c>swarm show</c>: what a torrent or magnet link says, without fetching any of its content.</summary>
internal sealed class ShowCommand : Command
{
    private const string About =
        """
        Show what a torrent or a magnet link says: hashes, files, trackers.

        With --json one object is printed: name, infoHashV1, infoHashV2 (lower-case hex or null), pieceLength, pieces, totalLength, private, files (path, length), trackers (tiers), webSeeds,
        comment, createdBy, creationDate, source. What a magnet link does not know is null or empty.
        """;

    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Argument<string> _torrent = new("torrent") { Description = "A .torrent file, a magnet link, an http(s) URL of a .torrent file, or a bare v1 info-hash." };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print one JSON object instead of text.");

    public ShowCommand(Shell shell, CommonOptions common) : base("show", About)
    {
        _shell = shell;
        _common = common;
        Add(_torrent);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var input = await TorrentInput.LoadAsync(parsed.GetRequiredValue(_torrent), _common.Read(parsed).Bind, interrupted).ConfigureAwait(false);
        var shown = input.Metainfo is { } metainfo ? ShownTorrent.Of(metainfo) : ShownTorrent.Of(input.Magnet!);
        if (parsed.GetValue(_json)) _shell.Out.WriteLine(JsonText.Line(shown));
        else Print(shown);
        return ExitCodes.Done;
    }

    private void Print(ShownTorrent shown)
    {
        Line("name", shown.Name ?? "not known before the metadata is fetched");
        if (shown.InfoHashV1 is not null) Line("info-hash", shown.InfoHashV1);
        if (shown.InfoHashV2 is not null) Line("info-hash v2", shown.InfoHashV2);
        if (shown.TotalLength is { } length) Line("size", $"{HumanText.Size(length)} ({length} bytes)");
        if (shown is { Pieces: { } pieces, PieceLength: { } pieceLength }) Line("pieces", $"{pieces} of {HumanText.Size(pieceLength)}");
        if (shown.Private is true) Line("private", "yes: peers come from the trackers only");
        if (shown.Source is not null) Line("source", shown.Source);
        if (shown.Comment is not null) Line("comment", shown.Comment.ReplaceLineEndings(" "));
        if (shown.CreatedBy is not null) Line("created by", shown.CreatedBy);
        if (shown.CreationDate is { } date) Line("created", date.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        for (var tier = 0; tier < shown.Trackers.Length; tier++) Line(tier == 0 ? "trackers" : "", string.Join(", ", shown.Trackers[tier]));
        for (var seed = 0; seed < shown.WebSeeds.Length; seed++) Line(seed == 0 ? "web seeds" : "", shown.WebSeeds[seed]);
        if (shown.Files.Length > 0) _shell.Out.WriteLine($"{HumanText.Count(shown.Files.Length, "file")}:");
        foreach (var file in shown.Files) _shell.Out.WriteLine($"  {HumanText.Size(file.Length),10}  {file.Path}");
    }

    private void Line(string label, string value) => _shell.Out.WriteLine($"{label,-12} {value}");
}
