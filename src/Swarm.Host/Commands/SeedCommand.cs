using System.CommandLine;
using Swarm.Actors.Torrents;
using Swarm.Host.Content;
using Swarm.Host.Input;
using Swarm.Host.Output;
using Swarm.Io.Disk;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Commands;

/// <summary>
/// <c>swarm seed</c>: shares a file or folder as it lies, until the user ends it; nothing is ever written to it. Without a torrent it makes one; content that was shared or fetched before
/// and has not changed is not hashed again.
/// </summary>
internal sealed class SeedCommand : Command, IDetailedHelp
{
    private const string About = "Share a file or a folder until you end it with Ctrl-C. Nothing is ever written to it.";

    private readonly CommonOptions _common;
    private readonly Argument<string> _path = new("path") { Description = "The file or folder to share." };
    private readonly Option<string?> _torrent = new("--torrent") { HelpName = "FILE", Description = "Share it as this .torrent file describes it; the content must match." };
    private readonly Option<string[]> _trackers = CommonOptions.TrackerOption("Announce to this tracker, besides the torrent's own. May be given several times.");
    private readonly Option<HostEndPoint[]> _peers = CommonOptions.PeerOption();
    private readonly Option<bool> _recheck = new("--recheck") { Description = "Hash everything first, whatever was recorded." };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print one JSON object a line instead of text.");

    public SeedCommand(Shell shell, CommonOptions common) : base("seed", About)
    {
        _common = common;
        Add(_path);
        foreach (var option in new Option[] { _torrent, _trackers, _peers, _recheck, _json }) Add(option);
        SetAction((parsed, interrupted) => Reporters.WithAsync(shell, parsed.GetValue(_json), reporter => RunAsync(parsed, reporter, interrupted)));
    }

    public string Details =>
        """
        Without --torrent it is hashed and shared under the magnet link that is printed; the same content always has the same link.
        With --json every line is one object with a "type": listening (first; port), hashing, progress, seeding (infoHash, magnet, port), peer, error.
        """;

    private async Task<int> RunAsync(ParseResult parsed, IReporter reporter, CancellationToken interrupted)
    {
        var settings = _common.Read(parsed);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(_path)));
        var scan = TorrentMaker.Scan(path);
        var given = parsed.GetValue(_torrent) is { } file ? TorrentInput.LoadFile(file) : null;
        if (given is not null) CheckFits(given.Metainfo!, scan, path);
        var peers = await PeerParser.ResolveAsync(parsed.GetValue(_peers)!, interrupted).ConfigureAwait(false);
        using var logs = Logs.Create(reporter.Log, settings.IsVerbose);
        var node = await NodeStart.RunAsync(settings, logs).ConfigureAwait(false);
        reporter.Listening(node.Listen);
        try
        {
            var options = new TorrentOptions { Folder = Path.GetDirectoryName(path)!, Peers = peers, Trackers = [.. parsed.GetValue(_trackers)!], SeedOnly = true };
            var (source, how) = given is not null
                ? (TorrentSource.FromFile(given.Metainfo!, given.File), options with { Recheck = parsed.GetValue(_recheck) })
                : await FindOrMakeAsync(node, scan, path, options, parsed.GetValue(_recheck), reporter, interrupted).ConfigureAwait(false);
            await node.AddAsync(source, how).ConfigureAwait(false);
            await ShareAsync(node, source, how, path, reporter, interrupted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // How sharing ends.
            reporter.Note("stopping");
        }
        finally
        {
            await NodeStop.RunAsync(node, reporter).ConfigureAwait(false);
        }

        return node.Failure is { } failure ? throw new SwarmException(failure) : ExitCodes.Done;
    }

    private static async Task<(TorrentSource Source, TorrentOptions Options)> FindOrMakeAsync(
        SwarmNode node, ContentScan scan, string path, TorrentOptions options, bool recheck, IReporter reporter, CancellationToken interrupted)
    {
        if (!recheck && await node.FindByContentAsync(path).ConfigureAwait(false) is var (record, progress) && RecordedContent.IfUnchanged(record, progress, scan) is { } known)
        {
            reporter.Note("nothing has changed since it was hashed last");
            return (TorrentSource.FromFile(known.Metainfo, known.File), options);
        }

        // Trackers are the run's, not the torrent's: they are no part of what is recorded.
        var made = await Task.Run(() => TorrentMaker.Make(scan, new TorrentRecipe(), reporter, interrupted), interrupted).ConfigureAwait(false);
        if (TorrentMaker.WhyNotServable(scan, made.Metainfo) is { } reason) throw new SwarmException(reason);
        return (TorrentSource.FromFile(made.Metainfo, made.File), options with { TrustExisting = true });
    }

    private static async Task ShareAsync(SwarmNode node, TorrentSource source, TorrentOptions options, string path, IReporter reporter, CancellationToken interrupted)
    {
        var watch = new TorrentWatch(node, source.Torrent, reporter);
        await watch.UntilAsync(static status => status is { State: TorrentState.Seeding, IsComplete: true }, interrupted).ConfigureAwait(false);
        var metainfo = source.Metainfo!;
        var magnet = new MagnetLink { V1 = metainfo.V1, V2 = metainfo.V2, DisplayName = metainfo.Name, Trackers = [.. metainfo.TrackerTiers.SelectMany(tier => tier).Concat(options.Trackers).Distinct(StringComparer.Ordinal)] };
        reporter.Seeding(new SeedInfo(metainfo.Name, source.Torrent.ToString(), magnet.ToString(), path, node.Listen[0].Port));
        await watch.UntilAsync(static _ => false, interrupted).ConfigureAwait(false);
    }

    private static void CheckFits(TorrentMetainfo metainfo, ContentScan scan, string path)
    {
        if (metainfo.PieceHashes is null) throw new SwarmException("this is a v2-only torrent, and this version shares v1 and hybrid ones");
        var shown = TorrentText.Clean(path);
        if (metainfo.IsSingleFile == scan.IsFolder) throw new SwarmException($"{shown} is a {(scan.IsFolder ? "folder" : "file")}, and the torrent describes a {(scan.IsFolder ? "single file" : "folder")}");
        if (metainfo.Name != scan.Name) throw new SwarmException($"the torrent calls its content '{metainfo.Name}', and {shown} is called otherwise; rename it to '{metainfo.Name}'");
        foreach (var file in metainfo.VisibleFiles.Where(file => file.SymlinkTarget is null))
        {
            var found = new FileInfo(Path.Join(Path.GetDirectoryName(path), file.Path));
            if (!found.Exists) throw new SwarmException($"{found.FullName} is missing; put it back, or fetch it with 'swarm get'");
            if (found.Length != file.Length) throw new SwarmException($"{found.FullName} has {found.Length} bytes, and the torrent says {file.Length}; put the right file there, or fetch it with 'swarm get'");
        }
    }
}
