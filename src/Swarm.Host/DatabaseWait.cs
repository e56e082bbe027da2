using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Swarm.Host;

/// <summary>
/// The patience of a daemon's start with a database that is away: how long it waits, how often it tries, and who hears of it. One a start; one task at a time.
/// <para>Always holds: the first wait is logged, as a warning, then one every <see cref="LogInterval"/>, however often it is tried; <paramref name="tell"/> hears of every one. Waits for nothing that waiting cannot mend: that is decided by who opens
/// (<see cref="NodeStore"/>). What can fail is nothing but the patience.</para>
/// </summary>
/// <param name="patience">From the first failure on; zero: not at all.</param>
/// <param name="time">The clock of the patience.</param>
/// <param name="tell">Hears before every wait what is wrong, one line.</param>
/// <param name="ended">Cancelled when the daemon is to end.</param>
internal sealed partial class DatabaseWait(TimeSpan patience, TimeProvider time, Action<string> tell, CancellationToken ended)
{
    private long? _began;
    private long _logged;

    /// <summary>From one try to the next.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>From one line of the log to the next.</summary>
    public static TimeSpan LogInterval { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Cancelled when the daemon is to end.</summary>
    public CancellationToken Ended => ended;

    /// <summary>What a try that failed for good after waiting adds to its reason; empty where nothing was waited.</summary>
    public string Told => _began is { } began && patience > TimeSpan.Zero ? $" It was waited for, {Seconds(time.GetElapsedTime(began))} s of store.postgres.start-patience." : "";

    /// <summary>After a try that failed for a reason that may pass: waits. True: it is time for another; false: the patience is at its end.</summary>
    /// <exception cref="OperationCanceledException">The daemon is to end.</exception>
    public async Task<bool> GoOnAsync(string reason, ILogger log)
    {
        ended.ThrowIfCancellationRequested();
        var now = time.GetTimestamp();
        var isFirst = _began is null;
        _began ??= now;
        var left = patience - time.GetElapsedTime(_began.Value, now);
        if (left <= TimeSpan.Zero) return false;
        if (isFirst || time.GetElapsedTime(_logged, now) >= LogInterval)
        {
            _logged = now;
            LogAway(log, reason, Seconds(left));
        }

        tell(reason);
        await Task.Delay(left < Interval ? left : Interval, time, ended).ConfigureAwait(false);
        return true;
    }

    /// <summary>The database is there.</summary>
    public void Came(ILogger log)
    {
        if (_began is not { } began) return;
        var seconds = Seconds(time.GetElapsedTime(began));
        LogCame(log, seconds);
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} The start waits for it, {Left} s at most (store.postgres.start-patience)")]
    private static partial void LogAway(ILogger log, string reason, string left);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is there, after {Waited} s")]
    private static partial void LogCame(ILogger log, string waited);
}
