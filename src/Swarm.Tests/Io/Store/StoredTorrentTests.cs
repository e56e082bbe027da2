using Swarm.Actors.Ports;
using Swarm.Io.Store;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Io.Store;

/// <summary>What becomes of what a database holds of a torrent, readable or not.</summary>
public sealed class StoredTorrentTests : IDisposable
{
    private static readonly InfoHash Torrent = new([.. Enumerable.Repeat((byte)7, 20)]);
    private static readonly byte[] Unreadable = [255, 1, 2];

    private readonly ListLoggerFactory _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Without_options_it_has_the_usual_ones_and_runs()
    {
        var record = Loaded(new StoredTorrent { Folder = "/f" }).Record.ShouldNotBeNull();
        record.Options.Folder.ShouldBe("/f");
        record.Options.Paused.ShouldBeFalse();
        _log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void Options_that_cannot_be_read_leave_it_paused_and_are_told()
    {
        var record = Loaded(new StoredTorrent { Folder = "/f", Options = Unreadable }).Record.ShouldNotBeNull();
        record.Options.Folder.ShouldBe("/f");
        record.Options.Paused.ShouldBeTrue();
        _log.Lines.ShouldHaveSingleItem().Text.ShouldBe($"Torrent {Torrent}: what its user wants of it (3 bytes) cannot be read; it stays paused until it is resumed");
    }

    [Fact]
    public void Progress_that_cannot_be_read_is_none_and_is_told()
    {
        Loaded(new StoredTorrent { Folder = "/f", Progress = Unreadable }).Progress.ShouldBeNull();
        _log.Lines.ShouldHaveSingleItem().Text.ShouldBe($"Torrent {Torrent}: its stored progress (3 bytes) cannot be read; its files must be checked");
    }

    private StoreOutcome.Loaded Loaded(StoredTorrent stored) => stored.Loaded(Torrent, _log);
}
