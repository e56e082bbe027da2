using Microsoft.Extensions.Logging;
using Swarm.Host;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Host;

/// <summary>How long a start waits for its database, and who hears of it, in virtual time.</summary>
public sealed class DatabaseWaitTests : IDisposable
{
    private readonly VirtualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly ListLoggerFactory _log = new();
    private readonly List<string> _told = [];
    private readonly CancellationTokenSource _ended = new();

    public void Dispose() => _ended.Dispose();

    [Fact]
    public async Task No_patience_is_no_wait()
    {
        var wait = Wait(TimeSpan.Zero);
        (await wait.GoOnAsync("It is away.", _log)).ShouldBeFalse();
        wait.Told.ShouldBeEmpty();
        _log.Lines.ShouldBeEmpty();
        _told.ShouldBeEmpty();
    }

    [Fact]
    public async Task Patience_is_counted_from_the_first_failure_and_the_log_hears_now_and_then()
    {
        var wait = Wait(TimeSpan.FromSeconds(65));
        // What a try takes counts too.
        var tries = 0;
        while (await GoOnAsync(wait))
        {
            tries++;
            _time.AdvanceTo(_time.NowTicks + TimeSpan.TicksPerSecond);
        }

        // 3 s each, the last wait cut short at 65 s.
        tries.ShouldBe(22);
        _told.Count.ShouldBe(tries);
        _log.Lines.Select(static line => line.Text).ShouldBe([Line(65), Line(35), Line(5)]);
        _log.Lines.ShouldAllBe(static line => line.Level == LogLevel.Warning);
        wait.Told.ShouldBe(" It was waited for, 66 s of store.postgres.start-patience.");

        static string Line(int left) => $"It is away. The start waits for it, {left} s at most (store.postgres.start-patience)";
    }

    [Fact]
    public async Task Database_that_comes_is_told_where_it_was_waited_for()
    {
        var wait = Wait(TimeSpan.FromMinutes(1));
        wait.Came(_log);
        _log.Lines.ShouldBeEmpty();
        (await GoOnAsync(wait)).ShouldBeTrue();
        wait.Came(_log);
        _log.Lines[^1].Text.ShouldBe("The database is there, after 2 s");
    }

    [Fact]
    public async Task End_of_the_daemon_is_the_end_of_the_wait()
    {
        var wait = Wait(TimeSpan.FromMinutes(1));
        var waiting = wait.GoOnAsync("It is away.", _log);
        waiting.IsCompleted.ShouldBeFalse();
        await _ended.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await Should.ThrowAsync<OperationCanceledException>(() => wait.GoOnAsync("It is away.", _log));
        _told.Count.ShouldBe(1);
    }

    private DatabaseWait Wait(TimeSpan patience) => new(patience, _time, _told.Add, _ended.Token);

    private Task<bool> GoOnAsync(DatabaseWait wait)
    {
        var waiting = wait.GoOnAsync("It is away.", _log);
        if (!waiting.IsCompleted) _time.FireNext();
        return waiting;
    }
}
