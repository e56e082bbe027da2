using Microsoft.Extensions.Logging;
using Swarm.Actors.Automation;

namespace Swarm.Host.Automation;

/// <summary>
/// Limits the node by the week: when another window begins, its limits; when none holds, the node's own. Between two changes it leaves the limits alone, whoever sets them. <see cref="Look"/> is called by one caller.
/// </summary>
internal sealed partial class ScheduleRun(LimitSchedule schedule, Func<(long Download, long Upload)> usual, Action<long, long> limit, TimeProvider clock, ILogger log)
{
    private LimitWindowSettings? _window;

    /// <summary>Looks at the clock.</summary>
    public void Look()
    {
        var window = schedule.At(clock.GetUtcNow());
        if (window == _window) return;
        _window = window;
        var (download, upload) = window is null ? usual() : (window.DownloadLimit, window.UploadLimit);
        limit(download, upload);
        LogLimits(log, window is null ? "no window" : $"the window from {window.From} to {window.To}", download, upload);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "By the schedule {Window} holds: {Download} bytes a second down, {Upload} up, 0 for no limit")]
    private static partial void LogLimits(ILogger log, string window, long download, long upload);
}
