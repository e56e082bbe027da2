using System.Collections.Immutable;
using System.Text;
using Swarm.Actors.Torrents;
using Swarm.Host.Automation;
using Swarm.Tests.Host.Api;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Host.Automation;

/// <summary>What becomes of files that people put into a watched folder.</summary>
public sealed class WatchTests : IDisposable
{
    private static readonly byte[] Link = Encoding.UTF8.GetBytes("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567\n");

    private readonly Scratch _scratch = new();
    private readonly ListLoggerFactory _log = new();
    private readonly SettableClock _clock = new();
    private readonly List<TorrentSource> _added = [];
    private readonly WatchRun _run;
    private TorrentRefusedException? _refusal;
    private Func<TorrentSource, bool> _isRefused = _ => true;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public WatchTests() => _run = new WatchRun(new WatchedFolder(_scratch.Root), new WatchScan(TimeSpan.FromMinutes(1)), AddAsync, _clock, _log);

    public void Dispose()
    {
        _log.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_file_is_added_when_it_looks_the_same_twice_and_put_away_as_done()
    {
        _scratch.Write("a.magnet", Link);
        await _run.ScanAsync(Cancellation);
        _added.ShouldBeEmpty();
        await _run.ScanAsync(Cancellation);
        _added.ShouldHaveSingleItem().Torrent.ToString().ShouldBe("0123456789abcdef0123456789abcdef01234567");
        File.Exists(_scratch["done/a.magnet"]).ShouldBeTrue();
        await _run.ScanAsync(Cancellation);
        _added.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_torrent_file_that_is_being_written_is_left_until_it_is_whole()
    {
        var whole = Api.TorrentFiles.Make("content");
        var path = _scratch.Write("a.torrent", whole[..(whole.Length / 2)]);
        for (var look = 0; look < 5; look++) await _run.ScanAsync(Cancellation);
        File.Exists(path).ShouldBeTrue();
        _scratch.Write("a.torrent", whole);
        await _run.ScanAsync(Cancellation);
        await _run.ScanAsync(Cancellation);
        _added.Count.ShouldBe(1);
        File.ReadAllBytes(_scratch["done/a.torrent"]).ShouldBe(whole);
    }

    [Fact]
    public async Task What_stays_unreadable_is_put_away_as_failed_with_a_line_in_the_log()
    {
        foreach (var path in new[] { _scratch.Write("a.torrent", "not bencoded"u8.ToArray()), _scratch.Write("b.magnet", "http://no.link/"u8.ToArray()) }) File.SetLastWriteTimeUtc(path, _clock.GetUtcNow().UtcDateTime);
        await _run.ScanAsync(Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(30));
        await _run.ScanAsync(Cancellation);
        Directory.Exists(_scratch["failed"]).ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(30));
        await _run.ScanAsync(Cancellation);
        Directory.EnumerateFiles(_scratch["failed"]).Select(Path.GetFileName).Order().ShouldBe(["a.torrent", "b.magnet"]);
        _log.Lines.Count(line => line.Text.Contains("was not added: ", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task One_that_is_there_already_is_done_and_one_that_is_refused_failed()
    {
        _scratch.Write("a.magnet", Link);
        _refusal = new TorrentRefusedException("it is there", isThereAlready: true);
        await _run.ScanAsync(Cancellation);
        await _run.ScanAsync(Cancellation);
        _scratch.Write("b.magnet", Link);
        _refusal = new TorrentRefusedException("there is no room", isThereAlready: false);
        await _run.ScanAsync(Cancellation);
        await _run.ScanAsync(Cancellation);
        File.Exists(_scratch["done/a.magnet"]).ShouldBeTrue();
        File.Exists(_scratch["failed/b.magnet"]).ShouldBeTrue();
    }

    [Fact]
    public async Task What_may_be_added_later_is_left_and_said_once()
    {
        _scratch.Write("a.magnet", Link);
        _refusal = new TorrentRefusedException("the tables did not answer", isThereAlready: false) { IsToBeTriedAgain = true };
        for (var look = 0; look < 4; look++) await _run.ScanAsync(Cancellation);
        File.Exists(_scratch["a.magnet"]).ShouldBeTrue();
        _log.Lines.Count(line => line.Text.Contains("the tables did not answer", StringComparison.Ordinal)).ShouldBe(1);
        _refusal = null;
        await _run.ScanAsync(Cancellation);
        _added.Count.ShouldBe(1);
        File.Exists(_scratch["done/a.magnet"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_said_once_and_does_not_keep_the_others()
    {
        var folder = new StubbornFolder(_scratch.Root) { Unreadable = "a.magnet" };
        var run = new WatchRun(folder, new WatchScan(TimeSpan.FromMinutes(1)), AddAsync, _clock, _log);
        _scratch.Write("a.magnet", Link);
        _scratch.Write("b.magnet", Link);
        for (var look = 0; look < 4; look++) await run.ScanAsync(Cancellation);
        File.Exists(_scratch["done/b.magnet"]).ShouldBeTrue();
        _added.Count.ShouldBe(1);
        _log.Lines.Count(line => line.Text.Contains("a.magnet is in trouble", StringComparison.Ordinal)).ShouldBe(1);

        folder.Unreadable = null;
        await run.ScanAsync(Cancellation);
        File.Exists(_scratch["done/a.magnet"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_that_cannot_be_put_away_is_added_once_and_does_not_keep_the_others()
    {
        var folder = new StubbornFolder(_scratch.Root) { Immovable = "a.magnet" };
        var run = new WatchRun(folder, new WatchScan(TimeSpan.FromMinutes(1)), AddAsync, _clock, _log);
        _scratch.Write("a.magnet", Link);
        _scratch.Write("b.magnet", Link);
        for (var look = 0; look < 4; look++) await run.ScanAsync(Cancellation);
        _added.Count.ShouldBe(2, "one each");
        File.Exists(_scratch["done/b.magnet"]).ShouldBeTrue();
        _log.Lines.Count(line => line.Text.Contains("a.magnet is in trouble", StringComparison.Ordinal)).ShouldBe(1);

        folder.Immovable = null;
        await run.ScanAsync(Cancellation);
        File.Exists(_scratch["done/a.magnet"]).ShouldBeTrue();
        _added.Count.ShouldBe(2);
    }

    [Fact]
    public async Task One_that_is_put_there_again_under_the_name_of_an_immovable_one_is_added()
    {
        var folder = new StubbornFolder(_scratch.Root) { Immovable = "a.magnet" };
        var run = new WatchRun(folder, new WatchScan(TimeSpan.FromMinutes(1)), AddAsync, _clock, _log);
        _scratch.Write("a.magnet", Link);
        for (var look = 0; look < 3; look++) await run.ScanAsync(Cancellation);
        _scratch.Write("a.magnet", Encoding.UTF8.GetBytes("magnet:?xt=urn:btih:1123456789abcdef0123456789abcdef01234567&dn=other"));
        for (var look = 0; look < 3; look++) await run.ScanAsync(Cancellation);
        _added.Select(source => source.Torrent.ToString()[0]).ShouldBe(['0', '1']);
    }

    [Fact]
    public async Task One_that_is_never_taken_does_not_keep_those_behind_it()
    {
        _scratch.Write("a.magnet", Link);
        _scratch.Write("b.magnet", Encoding.UTF8.GetBytes("magnet:?xt=urn:btih:1123456789abcdef0123456789abcdef01234567"));
        _scratch.Write("c.magnet", Encoding.UTF8.GetBytes("magnet:?xt=urn:btih:2123456789abcdef0123456789abcdef01234567"));
        _refusal = new TorrentRefusedException("the tables did not answer", isThereAlready: false) { IsToBeTriedAgain = true };
        for (var look = 0; look < 8; look++) await _run.ScanAsync(Cancellation);
        _added.ShouldBeEmpty();

        _isRefused = source => source.Torrent.ToString()[0] == '0';
        for (var look = 0; look < 4; look++) await _run.ScanAsync(Cancellation);
        _added.Select(source => source.Torrent.ToString()[0]).Order().ShouldBe(['1', '2']);
        File.Exists(_scratch["a.magnet"]).ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_being_added_does_not_keep_the_end()
    {
        _scratch.Write("a.magnet", Link);
        var asked = new TaskCompletionSource();
        using var over = new CancellationTokenSource();
        var run = new WatchRun(new WatchedFolder(_scratch.Root), new WatchScan(TimeSpan.FromMinutes(1)), _ =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource().Task;
        }, _clock, _log);
        await run.ScanAsync(over.Token);
        var look = run.ScanAsync(over.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(90), Cancellation);
        await over.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => look.WaitAsync(TimeSpan.FromSeconds(90), Cancellation));
        File.Exists(_scratch["a.magnet"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_that_is_taken_gets_a_number()
    {
        for (var round = 0; round < 3; round++)
        {
            _scratch.Write("a.magnet", Link);
            await _run.ScanAsync(Cancellation);
            await _run.ScanAsync(Cancellation);
        }

        Directory.EnumerateFiles(_scratch["done"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["a.1.magnet", "a.2.magnet", "a.magnet"]);
    }

    [Fact]
    public async Task Links_hidden_files_and_others_are_not_looked_at()
    {
        _scratch.Write("elsewhere/x.magnet", Link);
        File.CreateSymbolicLink(_scratch["x.magnet"], _scratch["elsewhere/x.magnet"]);
        _scratch.Write(".a.magnet", Link);
        _scratch.Write("a.magnet.part", Link);
        _scratch.Write("empty.magnet", []);
        for (var look = 0; look < 3; look++) await _run.ScanAsync(Cancellation);
        _added.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_said_once_and_watched_when_it_comes()
    {
        var folder = _scratch["later"];
        var run = new WatchRun(new WatchedFolder(folder), new WatchScan(TimeSpan.FromMinutes(1)), AddAsync, _clock, _log);
        await run.ScanAsync(Cancellation);
        await run.ScanAsync(Cancellation);
        _log.Lines.Count(line => line.Text.Contains("is in trouble", StringComparison.Ordinal)).ShouldBe(1);
        _scratch.Write("later/a.magnet", Link);
        await run.ScanAsync(Cancellation);
        await run.ScanAsync(Cancellation);
        _added.Count.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_changes_between_two_looks_is_not_ready()
    {
        var scan = new WatchScan(TimeSpan.FromMinutes(1));
        ImmutableArray<WatchedFile> first = [new("a.torrent", 5, 1), new("b.torrent", 5, 1), new("c.torrent", 5, 1)];
        scan.Take(first).ShouldBeEmpty();
        scan.Take([first[0], first[1] with { Length = 6 }, first[2] with { WrittenTicks = 2 }]).Select(file => file.Name).ShouldBe(["a.torrent"]);
    }

    private Task AddAsync(TorrentSource source)
    {
        if (_refusal is not null && _isRefused(source)) throw _refusal;
        _added.Add(source);
        return Task.CompletedTask;
    }

    // A folder with a file that is not to be had.
    private sealed class StubbornFolder(string path) : IWatchedFolder
    {
        private readonly WatchedFolder _folder = new(path);

        public string? Unreadable { get; set; }

        public string? Immovable { get; set; }

        public IReadOnlyList<WatchedFile> List() => _folder.List();

        public ImmutableArray<byte>? Read(string name, int limit) => name == Unreadable ? throw new UnauthorizedAccessException($"{name} may not be read") : _folder.Read(name, limit);

        public void PutAway(string name, string below)
        {
            if (name == Immovable) throw new IOException($"{name} cannot be moved");
            _folder.PutAway(name, below);
        }
    }
}
