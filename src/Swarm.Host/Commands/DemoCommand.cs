using System.CommandLine;
using Swarm.Host.Content;
using Swarm.Host.Demo;
using Swarm.Host.Output;

namespace Swarm.Host.Commands;

/// <summary><c>swarm demo</c>: a swarm on this machine, live: one seed and some leechers, whole nodes with real connections, in this process. Leaves nothing behind.</summary>
internal sealed class DemoCommand : Command
{
    private const string About =
        """
        Watch a swarm work on this machine: one seed and some leechers exchange random content over real connections, then every copy is compared with the original.

        No internet is needed. Everything lies in a temporary folder (set TMPDIR to choose the disk) and is removed at the end. Ports and state folders are the demo's own; limits hold for
        each of its nodes.
        """;

    private const long DefaultSize = 1L << 30;
    private const long LargestSize = 1L << 40;
    private const int DefaultLeechers = 4;
    private const int MostLeechers = 32;

    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Option<long?> _size = new("--size") { HelpName = "SIZE", Description = "Bytes of content, such as 100MiB. Default: 1GiB.", CustomParser = CommonOptions.ParseSize };
    private readonly Option<int> _leechers = new("--leechers") { HelpName = "N", Description = "How many leechers there are, 1 to 32. Default: 4.", DefaultValueFactory = _ => DefaultLeechers };

    public DemoCommand(Shell shell, CommonOptions common) : base("demo", About)
    {
        _shell = shell;
        _common = common;
        _size.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() is < 1 or > LargestSize) result.AddError("--size: 1 byte to 1 TiB is expected");
        });
        _leechers.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostLeechers) result.AddError($"--leechers: 1 to {MostLeechers} are possible");
        });
        Add(_size);
        Add(_leechers);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var size = parsed.GetValue(_size) ?? DefaultSize;
        var leechers = parsed.GetValue(_leechers);
        var settings = _common.Read(parsed);
        _shell.Out.WriteLine($"making {HumanText.Size(size)} of random content");
        using var content = await DemoContent.CreateAsync(size, leechers + 1, interrupted).ConfigureAwait(false);
        var torrent = await Reporters.WithAsync(_shell, json: false, reporter =>
            Task.Run(() => TorrentMaker.Make(TorrentMaker.Scan(content.FilePath), new TorrentRecipe(), reporter, interrupted), interrupted)).ConfigureAwait(false);
        var screen = new DemoScreen(_shell);
        await using (screen.ConfigureAwait(false))
        {
            using var logs = Logs.Create(screen.Log, settings.IsVerbose);
            var run = new DemoRun(content, torrent, settings, screen, logs);
            await using (run.ConfigureAwait(false)) return await run.RunAsync(leechers, interrupted).ConfigureAwait(false) ? ExitCodes.Done : ExitCodes.Failed;
        }
    }
}
