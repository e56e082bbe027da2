using System.Text;

namespace Swarm.Tests.Host.Api;

/// <summary>Small .torrent files.</summary>
internal static class TorrentFiles
{
    /// <summary>Of one file of 16 bytes, never checked.</summary>
    public static byte[] Make(string name) =>
        Encoding.Latin1.GetBytes($"d4:infod6:lengthi16e4:name{name.Length}:{name}12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee");
}
