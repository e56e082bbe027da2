using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>The last line of a download. Pure.</summary>
internal static class DoneText
{
    /// <summary>What there is, where it lies and how long it took; or that it was there already.</summary>
    public static string Of(DoneInfo done)
    {
        var what = $"{HumanText.Size(done.Status.SelectedLength)} verified in {TorrentText.Clean(done.Path)}";
        return done.PiecesFetched == 0 ? $"everything is there already: {what}" : $"done: {what}, after {HumanText.Time(done.Elapsed)}";
    }
}
