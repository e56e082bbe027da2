using System.Text;
using Swarm.Tests.EndToEnd;

namespace Swarm.Tests.Interop;

/// <summary>What a client is given: the path of a .torrent file, or a magnet link.</summary>
internal sealed record Share(string Text, bool IsMagnet)
{
    /// <summary>A .torrent file of <paramref name="content"/>, with a tracker or without any.</summary>
    public static Share Torrent(TestContent content, string? tracker = null)
    {
        var path = Path.Combine(content.Root, $"{Path.GetRandomFileName()}.torrent");
        var announce = tracker is null ? "" : $"8:announce{tracker.Length}:{tracker}";
        System.IO.File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes($"d{announce}4:info"), .. content.Metainfo.RawInfo.Span, (byte)'e']);
        return new Share(path, false);
    }

    /// <summary>A magnet link, with a tracker or without any.</summary>
    public static Share Magnet(TestContent content, string? tracker = null) =>
        new($"magnet:?xt=urn:btih:{content.Metainfo.WireHash}" + (tracker is null ? "" : $"&tr={Uri.EscapeDataString(tracker)}"), true);
}
