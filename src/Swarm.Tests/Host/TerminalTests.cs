using Swarm.Actors.Torrents;
using Swarm.Host;
using Swarm.Host.Output;

namespace Swarm.Tests.Host;

public sealed class TerminalTests
{
    private static readonly TorrentStatus Half = new()
    {
        Torrent = new InfoHash(new byte[20]),
        Name = "a\u202Ename\u001b[2J",
        State = TorrentState.Downloading,
        HasMetadata = true,
        SelectedLength = 2 << 20,
        VerifiedLength = 1 << 20,
        DownloadRate = 1 << 18,
        ConnectedPeers = 3,
    };

    [Fact]
    public async Task A_terminal_shows_name_bar_amount_rate_peers_and_time_left()
    {
        var text = await Shown(reporter => reporter.Progress(Half));
        foreach (var expected in new[] { "aname", "━━━", "───", "50.0% of 2.00 MiB", "256 KiB/s down", "3 peers", "4 s left" }) text.ShouldContain(expected);
    }

    [Fact]
    public async Task Names_cannot_steer_the_terminal()
    {
        var text = await Shown(reporter => reporter.Progress(Half));
        text.ShouldNotContain("\u202E");
        text.ShouldNotContain("\u001b[2J[");
    }

    [Fact]
    public async Task A_long_link_is_printed_whole()
    {
        var link = "magnet link magnet:?xt=urn:btih:" + new string('0', 500);
        (await Shown(reporter => reporter.Note(link))).ShouldContain(link);
    }

    [Theory]
    [InlineData(TorrentState.Waiting, "no room", "waiting: no room")]
    [InlineData(TorrentState.FetchingMetadata, null, "fetching the metadata from peers, 3 peers")]
    [InlineData(TorrentState.Checking, null, "looking at what is on disk")]
    [InlineData(TorrentState.Seeding, null, "seeding, 0 B/s up")]
    public void Every_state_has_words(TorrentState state, string? reason, string expected) => StatusText.Describe(Half with { State = state, Reason = reason }).ShouldContain(expected);

    private static async Task<string> Shown(Action<IReporter> show)
    {
        using var interruption = new Interruption();
        using var output = new StringWriter();
        await using (var reporter = new TerminalReporter(new Shell(output, TextWriter.Null, IsTerminal: true, interruption))) show(reporter);
        // What a person reads: the text without its colours.
        return System.Text.RegularExpressions.Regex.Replace(output.ToString(), "\u001b\\[[0-9;]*m", "");
    }
}
