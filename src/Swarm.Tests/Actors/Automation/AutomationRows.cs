using Swarm.Actors.Torrents;

namespace Swarm.Tests.Actors.Automation;

/// <summary>Rows for tests of automation, by number: the number is the age as well.</summary>
internal static class AutomationRows
{
    public static InfoHash Hash(int number)
    {
        var bytes = new byte[Bytes20.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new InfoHash(bytes);
    }

    /// <summary>A download at work at some rate.</summary>
    public static TorrentRow Download(int number, long rate = 1_000_000, TorrentState state = TorrentState.Downloading) => new()
    {
        Torrent = Hash(number),
        Name = $"t{number}",
        ContentName = $"t{number}",
        State = state,
        Folder = "/load",
        HasMetadata = true,
        SelectedLength = 1_000,
        TotalLength = 1_000,
        AddedTicks = number,
        DownloadRate = rate,
    };

    /// <summary>A complete one.</summary>
    public static TorrentRow Seed(int number, long rate = 1_000_000, TorrentState state = TorrentState.Seeding, long completedTicks = 1) =>
        Download(number, 0, state) with { VerifiedLength = 1_000, UploadRate = rate, CompletedTicks = completedTicks };
}
