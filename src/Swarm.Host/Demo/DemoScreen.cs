using System.Collections.Immutable;
using Spectre.Console;
using Swarm.Actors.Torrents;
using Swarm.Host.Output;

namespace Swarm.Host.Demo;

/// <summary>What the demonstration shows: a live table on a terminal, else a line every two seconds.</summary>
internal sealed class DemoScreen : IAsyncDisposable
{
    private const int BarCells = 12;
    private readonly Shell _shell;
    private LiveView? _view;

    public DemoScreen(Shell shell)
    {
        _shell = shell;
        _view = shell.IsTerminal ? new LiveView(shell.Out, keepLast: true) : null;
    }

    /// <summary>How often <see cref="Show"/> is wanted.</summary>
    public TimeSpan Interval => _view is null ? TimeSpan.FromSeconds(2) : TimeSpan.FromMilliseconds(250);

    /// <summary>A line for people.</summary>
    public void Print(string line)
    {
        if (_view is { } view) view.Print(line);
        else _shell.Out.WriteLine(line);
    }

    /// <summary>A line of the log, for standard error.</summary>
    public void Log(string line)
    {
        if (_view is { } view && !Console.IsErrorRedirected) view.Print(line);
        else _shell.Error.WriteLine(line);
    }

    /// <summary>The members as they stand.</summary>
    public void Show(ImmutableArray<(string Name, TorrentStatus Status)> members)
    {
        if (_view is { } view) view.Show(TableOf(members));
        else Print(string.Join("; ", members.Skip(1).Select(member => $"{member.Name} {HumanText.Percent(member.Status.VerifiedLength, member.Status.SelectedLength)} at {HumanText.Rate(member.Status.DownloadRate)}")));
    }

    /// <summary>Leaves the last table standing; what is printed from here on comes below it.</summary>
    public async Task EndTableAsync()
    {
        if (Interlocked.Exchange(ref _view, null) is { } view) await view.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await EndTableAsync().ConfigureAwait(false);

    private static Table TableOf(ImmutableArray<(string Name, TorrentStatus Status)> members)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in new[] { "node", "verified", "", "down", "up", "sent", "peers" }) table.AddColumn(new TableColumn($"[bold]{heading}[/]") { Alignment = heading is "node" or "verified" ? Justify.Left : Justify.Right });
        foreach (var (name, status) in members)
        {
            var filled = status.SelectedLength == 0 ? 0 : (int)(status.VerifiedLength * (decimal)BarCells / status.SelectedLength);
            table.AddRow(
                name,
                $"[green]{new string('━', filled)}[/][grey]{new string('─', BarCells - filled)}[/]",
                HumanText.Percent(status.VerifiedLength, Math.Max(1, status.SelectedLength)),
                HumanText.Rate(status.DownloadRate),
                HumanText.Rate(status.UploadRate),
                HumanText.Size(status.Uploaded),
                $"{status.ConnectedPeers}");
        }

        return table;
    }
}
