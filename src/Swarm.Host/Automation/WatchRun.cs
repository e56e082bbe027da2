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
/// <para>A file is put away after its torrent is durable: after a crash between the two it is added again, is there already, and is put away as done. One that cannot be read or put away is left, said once and tried again at every look, and does not keep the others.
/// What the node does not take now ends the look: it is tried again at the next, after those that have waited longer.</para>
/// </summary>
internal sealed partial class WatchRun(IWatchedFolder files, WatchScan scan, Func<TorrentSource, Task> add, TimeProvider clock, ILogger log)
{
    private const string Done = "done";
    private const string Failed = "failed";

    // A link with many trackers.
    private const int MaxLink = 1 << 20;

    // Of files that are still there only.
    private readonly Dictionary<string, Trouble> _troubles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (WatchedFile File, string Below)> _settled = new(StringComparer.Ordinal);
    private long _looks;
    private string? _trouble;

    /// <summary>Looks once and adds what is ready.</summary>
    /// <exception cref="SwarmException">The node has ended.</exception>
    /// <exception cref="OperationCanceledException">Nobody is to look any more. What was being added may be added all the same.</exception>
    public async Task ScanAsync(CancellationToken over)
    {
        _looks++;
        try
        {
            var listing = files.List();
            var ready = scan.Take(listing);
            Forget(listing);
            // Those that had no trouble yet, then those that have waited longest: nobody waits behind one that is never taken.
            foreach (var file in ready.OrderBy(file => _troubles.GetValueOrDefault(file.Name)?.Look ?? 0))
            {
                over.ThrowIfCancellationRequested();
                await TryAsync(file, over).ConfigureAwait(false);
            }

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

    // What a file alone is in the way of is no reason to leave the others; what the node does not take now it does not take of the others either.
    private async Task TryAsync(WatchedFile file, CancellationToken over)
    {
        try
        {
            await TakeAsync(file, over).ConfigureAwait(false);
            _troubles.Remove(file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_troubles.GetValueOrDefault(file.Name)?.Reason != e.Message) LogFileInTrouble(log, file.Name, e.Message);
            _troubles[file.Name] = new Trouble(_looks, e.Message);
        }
        catch (TorrentRefusedException e)
        {
            _troubles[file.Name] = new Trouble(_looks, e.Message);
            throw;
        }
    }

    private async Task TakeAsync(WatchedFile file, CancellationToken over)
    {
        if (_settled.TryGetValue(file.Name, out var settled) && settled.File == file)
        {
            files.PutAway(file.Name, settled.Below);
            return;
        }

        if (Read(file, out var problem) is not { } source)
        {
            if (scan.OnUnreadable(file, clock.GetUtcNow().Ticks) == WatchVerdict.Leave) return;
            LogNotAdded(log, file.Name, problem);
            Settle(file, Failed);
            return;
        }

        try
        {
            await add(source).WaitAsync(over).ConfigureAwait(false);
            LogAdded(log, file.Name);
            Settle(file, Done);
        }
        catch (TorrentRefusedException e) when (!e.IsToBeTriedAgain)
        {
            LogNotAdded(log, file.Name, e.Message);
            Settle(file, e.IsThereAlready ? Done : Failed);
        }
    }

    // What was done is not done again because the file cannot be moved.
    private void Settle(WatchedFile file, string below)
    {
        _settled[file.Name] = (file, below);
        files.PutAway(file.Name, below);
    }

    // What is remembered of files is never more than the listing.
    private void Forget(IReadOnlyList<WatchedFile> listing)
    {
        if (_troubles.Count == 0 && _settled.Count == 0) return;
        var names = listing.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _troubles.Keys.Where(name => !names.Contains(name)).ToList()) _troubles.Remove(name);
        foreach (var name in _settled.Keys.Where(name => !names.Contains(name)).ToList()) _settled.Remove(name);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is in trouble and is tried again: {Reason}")]
    private static partial void LogFileInTrouble(ILogger log, string file, string reason);

    // At which look a file had it last.
    private sealed record Trouble(long Look, string Reason);
}
