using Swarm.Actors.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>The last line of a download. Pure.</summary>
internal static class DoneText
{
    /// <summary>What there is, where it lies and how long it took; or that it was there already.</summary>
    public static string Of(TorrentStatus status, string path, TimeSpan elapsed)
    {
        var size = HumanText.Size(status.SelectedLength);
        if (status.Downloaded == 0) return $"everything is there already: {size} verified in {TorrentText.Clean(path)}";
        var rate = HumanText.Rate((long)(status.Downloaded / Math.Max(0.001, elapsed.TotalSeconds)));
        return $"done: {size} verified in {TorrentText.Clean(path)}; {HumanText.Size(status.Downloaded)} in {HumanText.Time(elapsed)} ({rate})";
    }
}
