using Spectre.Console;
using Spectre.Console.Rendering;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Output;

/// <summary>Progress as a terminal shows it: the name, a bar, and how far, how fast, with whom and how long yet. Pure.</summary>
internal static class ProgressPicture
{
    private const int BarCells = 30;
    private static readonly Style Filled = new(Color.Green);
    private static readonly Style Empty = new(Color.Grey);

    /// <summary>A torrent.</summary>
    public static IRenderable Of(TorrentStatus status)
    {
        var (part, whole) = status.State == TorrentState.Checking ? (status.CheckProgress.Done, status.CheckProgress.Total) : (status.VerifiedLength, status.SelectedLength);
        return Picture(status.Name, part, whole, TorrentText.Clean(StatusText.Describe(status)));
    }

    /// <summary>Content that is being hashed.</summary>
    public static IRenderable OfHashing(string name, long done, long total) =>
        Picture(name, done, total, $"hashing, {HumanText.Percent(done, total)} of {HumanText.Size(total)}");

    private static Paragraph Picture(string name, long part, long whole, string words)
    {
        var filled = whole == 0 ? 0 : (int)(part * (decimal)BarCells / whole);
        return new Paragraph { Overflow = Overflow.Ellipsis }
            .Append(TorrentText.Clean(name) + "\n", new Style(decoration: Decoration.Bold))
            .Append(new string('━', filled), Filled)
            .Append(new string('─', BarCells - filled), Empty)
            .Append("  " + words);
    }
}
