using System.CommandLine;
using System.Diagnostics;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Host.Input;
using Swarm.Host.Output;

namespace Swarm.Host.Commands;

/// <summary>
/// <c>swarm get</c>: fetches a torrent's content, and resumes where an earlier run ended. Ends with success only when every selected byte is verified; with --seed it then shares until a ratio
/// is reached or the user ends it. Interrupted before that, it stops in good order and says by its exit code that something is missing.
/// </summary>
internal sealed class GetCommand : Command, IDetailedHelp
{
    private const string About = "Fetch the content of a torrent, and resume where an earlier run ended.";

    private readonly CommonOptions _common;
    private readonly Argument<string> _torrent = new("torrent") { Description = "A .torrent file, a magnet link, an http(s) URL of a .torrent file, or a bare v1 info-hash." };
    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "DIR", Description = "Put the content below this folder. Default: the current one." };
    private readonly Option<HostEndPoint[]> _peers = CommonOptions.PeerOption();
    private readonly Option<string[]> _trackers = CommonOptions.TrackerOption("Ask this tracker too, besides the torrent's own. May be given several times.");
    private readonly Option<string[]> _select = new("--select") { HelpName = "GLOB", Description = "Fetch only files whose name or path matches, such as '*.mkv' or 'Extras/*'; * stands for any characters, ? for one. May be given several times." };
    private readonly Option<bool> _sequential = new("--sequential") { Description = "Fetch pieces in order, to watch while it loads. Slower, and less help to others." };
    private readonly Option<bool> _seed = new("--seed") { Description = "Go on sharing when everything is there, until --ratio is reached or you end it." };
    private readonly Option<double?> _ratio = new("--ratio") { HelpName = "R", Description = "With --seed: end when R times the selected bytes were sent, over all runs." };
    private readonly Option<bool> _recheck = new("--recheck") { Description = "Hash everything on disk first; fetch and overwrite what does not match." };
    private readonly Option<FileAllocation> _allocation = new("--allocation") { HelpName = "sparse|full", Description = "Take disk space as bytes are written (sparse, the default), or reserve all of a file before its first byte (full)." };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print one JSON object a line instead of text.");

    public GetCommand(Shell shell, CommonOptions common) : base("get", About)
    {
        _common = common;
        _ratio.CustomParser = CommonOptions.ParseRatio;
        _allocation.CustomParser = result =>
        {
            if (Enum.TryParse<FileAllocation>(result.Tokens[0].Value, ignoreCase: true, out var allocation) && Enum.IsDefined(allocation)) return allocation;
            result.AddError($"--allocation: '{result.Tokens[0].Value}' is neither sparse nor full");
            return default;
        };
        Add(_torrent);
        foreach (var option in new Option[] { _output, _peers, _trackers, _select, _sequential, _seed, _ratio, _recheck, _allocation, _json }) Add(option);
        Validators.Add(result =>
        {
            if (result.GetResult(_ratio) is not null && !result.GetValue(_seed)) result.AddError("--ratio goes with --seed");
        });
        SetAction((parsed, interrupted) => Reporters.WithAsync(shell, parsed.GetValue(_json), reporter => RunAsync(parsed, reporter, interrupted)));
    }

    public string Details =>
        """
        With --json every line is one object with a "type": listening (first; port), progress, verified (pieces), peer (connected, disconnected, banned), error (message, fatal), done.
        """;

    private async Task<int> RunAsync(ParseResult parsed, IReporter reporter, CancellationToken interrupted)
    {
        var settings = _common.Read(parsed);
        var source = SourceOf(await TorrentInput.LoadAsync(parsed.GetRequiredValue(_torrent), settings.Bind, interrupted).ConfigureAwait(false));
        var options = await OptionsOfAsync(parsed, interrupted).ConfigureAwait(false);
        using var logs = Logs.Create(reporter.Log, settings.IsVerbose);
        var node = await NodeStart.RunAsync(settings, logs).ConfigureAwait(false);
        reporter.Listening(node.Listen);
        try
        {
            await node.AddAsync(source, options).ConfigureAwait(false);
            await FollowAsync(new TorrentWatch(node, source.Torrent, reporter), parsed, options.Folder, reporter, interrupted).ConfigureAwait(false);
        }
        finally
        {
            if (interrupted.IsCancellationRequested) reporter.Note("stopping");
            await NodeStop.RunAsync(node, reporter).ConfigureAwait(false);
        }

        return node.Failure is { } failure ? throw new SwarmException(failure) : ExitCodes.Done;
    }

    // Returns when there is nothing more to do; an interruption before everything is there passes through, one after it is the usual end.
    private async Task FollowAsync(TorrentWatch watch, ParseResult parsed, string folder, IReporter reporter, CancellationToken interrupted)
    {
        var began = Stopwatch.GetTimestamp();
        var done = await watch.UntilAsync(static status => status is { State: TorrentState.Seeding, IsComplete: true }, interrupted).ConfigureAwait(false);
        reporter.Done(new DoneInfo(done, Path.Join(folder, done.Name), watch.PiecesFetched, Stopwatch.GetElapsedTime(began)));
        if (!parsed.GetValue(_seed)) return;
        var enough = parsed.GetValue(_ratio) is { } ratio ? (long)(ratio * done.SelectedLength) : long.MaxValue;
        try
        {
            await watch.UntilAsync(status => status.UploadedEver >= enough, interrupted).ConfigureAwait(false);
            reporter.Note("the ratio is reached");
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // How sharing ends.
        }
    }

    private async Task<TorrentOptions> OptionsOfAsync(ParseResult parsed, CancellationToken interrupted) => new()
    {
        Folder = Path.GetFullPath(parsed.GetValue(_output) ?? "."),
        Peers = await PeerParser.ResolveAsync(parsed.GetValue(_peers)!, interrupted).ConfigureAwait(false),
        Trackers = [.. parsed.GetValue(_trackers)!],
        Select = [.. parsed.GetValue(_select) ?? []],
        Sequential = parsed.GetValue(_sequential),
        Recheck = parsed.GetValue(_recheck),
        Allocation = parsed.GetValue(_allocation),
    };

    private static TorrentSource SourceOf(TorrentInput input) => input switch
    {
        { Metainfo: { } metainfo } => TorrentSource.FromFile(metainfo, input.File),
        { Magnet: { WireHash: not null } magnet } => TorrentSource.FromMagnet(magnet),
        _ => throw new SwarmException("this link names a mutable torrent (BEP 46), which this version does not follow; a link with 'xt=urn:btih:' is needed"),
    };
}
