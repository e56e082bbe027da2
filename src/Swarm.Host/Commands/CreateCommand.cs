using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using Swarm.Host.Content;
using Swarm.Host.Output;
using Swarm.Io.Disk;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Commands;

/// <summary><c>swarm create</c>: makes a .torrent file of a file or folder. The file appears whole or not at all, and replaces one of its name.</summary>
internal sealed class CreateCommand : Command
{
    private const string About = "Make a .torrent file (v1) of a file or a folder.";

    private readonly Shell _shell;
    private readonly Argument<string> _path = new("path") { Description = "The file or folder to describe." };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "FILE.torrent", Description = "Where to write the torrent; a file of that name is replaced.", Required = true };
    private readonly Option<string[]> _trackers = CommonOptions.TrackerOption("Peers find each other by this tracker. May be given several times; each is a tier of its own.");
    private readonly Option<string[]> _webSeeds = CommonOptions.UrlOption("--web-seed", "Peers may fetch the content by HTTP from here (BEP 19). May be given several times.");
    private readonly Option<bool> _private = new("--private") { Description = "Peers come from the trackers only (BEP 27)." };
    private readonly Option<string?> _source = new("--source") { HelpName = "S", Description = "A mark that makes the info-hash differ from the same content elsewhere." };
    private readonly Option<int?> _pieceSize = new("--piece-size") { HelpName = "N", Description = "Bytes of a piece, a power of two from 16KiB to 512MiB. Default: what makes 1,000 to 2,000 pieces, 16KiB to 16MiB." };
    private readonly Option<string?> _comment = new("--comment") { HelpName = "C", Description = "A remark for whoever looks at the torrent." };

    public CreateCommand(Shell shell) : base("create", About)
    {
        _shell = shell;
        _pieceSize.CustomParser = ParsePieceSize;
        Add(_path);
        foreach (var option in new Option[] { _output, _trackers, _webSeeds, _private, _source, _pieceSize, _comment }) Add(option);
        SetAction((parsed, interrupted) => Reporters.WithAsync(shell, json: false, reporter => RunAsync(parsed, reporter, interrupted)));
    }

    private async Task<int> RunAsync(ParseResult parsed, IReporter reporter, CancellationToken interrupted)
    {
        var output = Path.GetFullPath(parsed.GetRequiredValue(_output));
        var scan = Without(TorrentMaker.Scan(parsed.GetRequiredValue(_path)), output);
        if (Directory.Exists(output)) throw new SwarmException($"{TorrentText.Clean(output)} is a folder; give -o the name of a file");
        var recipe = new TorrentRecipe(parsed.GetValue(_pieceSize))
        {
            Trackers = [.. parsed.GetValue(_trackers)!],
            WebSeeds = [.. parsed.GetValue(_webSeeds)!],
            IsPrivate = parsed.GetValue(_private),
            Source = parsed.GetValue(_source),
            Comment = parsed.GetValue(_comment),
            CreatedBy = "Swarm/0.1",
            CreationDate = DateTimeOffset.UtcNow,
        };
        var made = await Task.Run(() => TorrentMaker.Make(scan, recipe, reporter, interrupted), interrupted).ConfigureAwait(false);
        Write(output, made);
        if (TorrentMaker.WhyNotServable(scan, made.Metainfo) is { } reason) _shell.Complain($"others will see other names: {reason}");
        var geometry = made.Metainfo.Layout.Geometry;
        var magnet = new MagnetLink { V1 = made.Metainfo.V1, DisplayName = made.Metainfo.Name, Trackers = recipe.Trackers };
        reporter.Note($"wrote {TorrentText.Clean(output)}: {HumanText.Count(scan.Files.Length, "file")}, {HumanText.Size(geometry.TotalLength)} in {HumanText.Count(geometry.PieceCount, "piece")} of {HumanText.Size(geometry.PieceLength)}");
        reporter.Note($"info-hash {made.Metainfo.V1}");
        reporter.Note($"magnet link {magnet}");
        return ExitCodes.Done;
    }

    // A torrent written into the folder it describes is no part of it, also not when it is made again.
    private static ContentScan Without(ContentScan scan, string output)
    {
        if (!scan.IsFolder) return Path.Join(scan.Root, scan.Name) != output ? scan : throw new SwarmException($"{TorrentText.Clean(output)} is the content itself; give -o another name");
        var others = scan with { Files = scan.Files.RemoveAll(file => Path.GetFullPath(Path.Join(scan.Root, file.Path)) == output) };
        return others.TotalLength > 0 ? others : throw new SwarmException($"{TorrentText.Clean(scan.Root)} holds nothing but the torrent itself; a torrent needs at least one byte of content");
    }

    private static void Write(string output, MadeTorrent made)
    {
        var unfinished = $"{output}.{Environment.ProcessId}.part";
        try
        {
            File.WriteAllBytes(unfinished, made.File.AsSpan());
            File.Move(unfinished, output, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(unfinished)) File.Delete(unfinished);
            throw new SwarmException($"{TorrentText.Clean(output)} cannot be written: {e.Message}", e);
        }
    }

    private static int? ParsePieceSize(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var limits = MetainfoLimits.Default;
        if (SizeParser.TryParse(text, out var size) && size >= PieceGeometry.BlockSize && size <= limits.MaxPieceLength && BitOperations.IsPow2(size)) return (int)size;
        result.AddError($"--piece-size: '{text}' is no power of two from 16KiB to 512MiB");
        return null;
    }
}
