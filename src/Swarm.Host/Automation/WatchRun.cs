using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Automation;

/// <summary>
/// Adds what people put into a folder: .torrent files, and .magnet files with a link in them. What was added goes to the folder "done" below, what cannot be to "failed"; what is being written is left until it is
/// whole. One a folder; <see cref="ScanAsync"/> is called by one caller.
/// <para>A file is put away after its torrent is durable: after a crash between the two it is added again, is there already, and is put away as done. What cannot be added now, but later, is left with all that came after it.</para>
/// </summary>
internal sealed partial class WatchRun(IWatchedFolder files, WatchScan scan, Func<TorrentSource, Task> add, TimeProvider clock, ILogger log)
{
    private const string Done = "done";
    private const string Failed = "failed";

    // A link with many trackers.
    private const int MaxLink = 1 << 20;

    private string? _trouble;

    /// <summary>Looks once and adds what is ready.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    public async Task ScanAsync()
    {
        try
        {
            foreach (var file in scan.Take(files.List())) await TakeAsync(file).ConfigureAwait(false);
            _trouble = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TorrentRefusedException)
        {
            // Once, not at every look.
            if (_trouble == e.Message) return;
            _trouble = e.Message;
            LogTrouble(log, e.Message);
        }
    }

    private async Task TakeAsync(WatchedFile file)
    {
        if (Read(file, out var problem) is not { } source)
        {
            if (scan.OnUnreadable(file, clock.GetUtcNow().Ticks) == WatchVerdict.Leave) return;
            LogNotAdded(log, file.Name, problem);
            files.PutAway(file.Name, Failed);
            return;
        }

        try
        {
            await add(source).ConfigureAwait(false);
            LogAdded(log, file.Name);
            files.PutAway(file.Name, Done);
        }
        catch (TorrentRefusedException e) when (!e.IsToBeTriedAgain)
        {
            LogNotAdded(log, file.Name, e.Message);
            files.PutAway(file.Name, e.IsThereAlready ? Done : Failed);
        }
    }

    private TorrentSource? Read(WatchedFile file, out string problem)
    {
        var isLink = file.Name.EndsWith(".magnet", StringComparison.OrdinalIgnoreCase);
        if (files.Read(file.Name, isLink ? MaxLink : (int)MetainfoLimits.Default.MaxFileBytes) is not { } bytes)
        {
            problem = "it is too large";
            return null;
        }

        var raw = ImmutableCollectionsMarshal.AsArray(bytes)!;
        if (!isLink) return MetainfoParser.TryParse(raw, MetainfoLimits.Default, out var metainfo, out problem) ? TorrentSource.FromFile(metainfo, bytes) : null;
        if (MagnetLink.TryParse(Encoding.UTF8.GetString(raw).Trim(), out var link, out problem) && link.WireHash is not null) return TorrentSource.FromMagnet(link);
        if (problem.Length == 0) problem = "the link names no hash";
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} was added")]
    private static partial void LogAdded(ILogger log, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} was not added: {Reason}")]
    private static partial void LogNotAdded(ILogger log, string file, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The watched folder is in trouble: {Reason}")]
    private static partial void LogTrouble(ILogger log, string reason);
}
