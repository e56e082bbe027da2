using System.Collections.Immutable;

namespace Swarm.Host.Automation;

/// <summary>A file of a watched folder as it is listed. <paramref name="WrittenTicks"/>: UTC, when it was last written.</summary>
internal sealed record WatchedFile(string Name, long Length, long WrittenTicks);

/// <summary>What is to be done with a file that was tried.</summary>
internal enum WatchVerdict
{
    /// <summary>It is left; it may not be whole yet.</summary>
    Leave,

    /// <summary>It is put away as failed.</summary>
    GiveUp,
}

/// <summary>
/// Which files of a watched folder are ready to be added. Pure. Owns what the last listing was: a file is ready when it looks the same in two listings after each other, so that one that is being written is not
/// read; and one that looked whole and is not is left until it has been still for so long that nobody can be writing it.
/// </summary>
internal sealed class WatchScan(TimeSpan giveUpAfter)
{
    private static readonly ImmutableArray<string> Endings = [".torrent", ".magnet"];

    private Dictionary<string, WatchedFile> _last = new(StringComparer.Ordinal);

    /// <summary>Takes a new listing: the files that are ready, by name.</summary>
    public ImmutableArray<WatchedFile> Take(IEnumerable<WatchedFile> listing)
    {
        var now = listing.Where(IsOurs).ToDictionary(file => file.Name, StringComparer.Ordinal);
        ImmutableArray<WatchedFile> ready = [.. now.Values.Where(file => file.Length > 0 && _last.GetValueOrDefault(file.Name) == file).OrderBy(file => file.Name, StringComparer.Ordinal)];
        _last = now;
        return ready;
    }

    /// <summary>What is to be done with a file that is no torrent and no link, at a moment in UTC ticks.</summary>
    public WatchVerdict OnUnreadable(WatchedFile file, long now) => now - file.WrittenTicks >= giveUpAfter.Ticks ? WatchVerdict.GiveUp : WatchVerdict.Leave;

    // Hidden ones are other programs' way to write a file before it has its name.
    private static bool IsOurs(WatchedFile file) => !file.Name.StartsWith('.') && Endings.Any(ending => file.Name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
