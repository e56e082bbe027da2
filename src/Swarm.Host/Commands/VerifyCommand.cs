using System.CommandLine;
using Swarm.Host.Content;
using Swarm.Host.Input;
using Swarm.Host.Output;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Commands;

/// <summary><c>swarm verify</c>: compares what lies on disk with a torrent; changes nothing. Success only if everything is there and right.</summary>
internal sealed class VerifyCommand : Command, IDetailedHelp
{
    private const string About = "Compare what lies on disk with a torrent. Nothing is changed.";

    /// <summary>Lines about files that are not right; more are counted.</summary>
    private const int MaxShown = 50;

    private readonly Shell _shell;
    private readonly Argument<string> _torrent = new("torrent") { Description = "A .torrent file." };
    private readonly Argument<string> _folder = new("dir") { Description = "The folder the content lies in, as -o was for 'swarm get'; or the torrent's own folder." };
    private readonly Option<int?> _threads = new("--threads") { HelpName = "N", Description = $"Hash with this many threads, 1 to {ContentCheck.MaxHashThreads}. Default: one a processor, at most {ContentCheck.MaxHashThreads}.", CustomParser = result => CommonOptions.ParseNumber(result, 1, ContentCheck.MaxHashThreads) };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print one JSON object instead of text.");

    public VerifyCommand(Shell shell) : base("verify", About)
    {
        _shell = shell;
        Add(_torrent);
        Add(_folder);
        Add(_threads);
        Add(_json);
        SetAction(RunAsync);
    }

    public string Details =>
        """
        With --json one object is printed: name, infoHashV1, path, complete, pieces, validPieces, totalLength, files (path, length, state: ok, missing, wrongLength or damaged).
        """;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var metainfo = TorrentInput.LoadFile(parsed.GetRequiredValue(_torrent)).Metainfo!;
        var folder = FolderOf(metainfo, parsed.GetRequiredValue(_folder));
        var json = parsed.GetValue(_json);
        var threads = parsed.GetValue(_threads) ?? ContentCheck.DefaultHashThreads;
        var check = await Reporters.WithAsync(_shell, json: false, reporter =>
        {
            Action<long>? progress = json ? null : new HashProgress(reporter, metainfo.Name, metainfo.Layout.Geometry.TotalLength).Advance;
            return Task.Run(() => ContentCheck.Run(metainfo, folder, threads, progress, interrupted), interrupted);
        }).ConfigureAwait(false);
        if (json) _shell.Out.WriteLine(JsonText.Line(check));
        else Print(check);
        if (check.Complete) return ExitCodes.Done;
        var wrong = check.Files.Count(file => file.State != FileVerdict.Ok);
        throw new SwarmException(
            $"{TorrentText.Clean(check.Path)}: {check.Pieces - check.ValidPieces} of {HumanText.Count(check.Pieces, "piece")} and {wrong} of {HumanText.Count(check.Files.Length, "file")} are not right; 'swarm get --recheck' fetches what is missing");
    }

    private void Print(ContentCheck check)
    {
        var wrong = check.Files.Where(file => file.State != FileVerdict.Ok).ToList();
        foreach (var file in wrong.Take(MaxShown)) _shell.Out.WriteLine($"{Word(file.State)}  {file.Path}");
        if (wrong.Count > MaxShown) _shell.Out.WriteLine($"and {wrong.Count - MaxShown} more");
        if (check.Complete) _shell.Out.WriteLine($"all {HumanText.Count(check.Files.Length, "file")} of {check.Name} are right: {HumanText.Size(check.TotalLength)} in {HumanText.Count(check.Pieces, "piece")}");
    }

    private static string Word(FileVerdict state) => state switch
    {
        FileVerdict.Missing => "missing     ",
        FileVerdict.WrongLength => "wrong length",
        _ => "damaged     ",
    };

    // Users name the folder that holds the content, or the content's own folder.
    private static string FolderOf(TorrentMetainfo metainfo, string given)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given));
        if (!Directory.Exists(folder)) throw new SwarmException($"{TorrentText.Clean(folder)}: there is no such folder; give the one the content lies in");
        var isContent = !metainfo.IsSingleFile && Path.GetFileName(folder) == metainfo.Name && !Path.Exists(Path.Join(folder, metainfo.Name));
        return isContent ? Path.GetDirectoryName(folder)! : folder;
    }
}
