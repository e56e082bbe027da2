using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Logging;
using Swarm.Host.Automation;
using Swarm.Host.Cluster;
using Swarm.Host.Commands;
using Swarm.Host.Configuration;
using Swarm.Host.Output;

namespace Swarm.Host.Serve;

/// <summary>
/// The daemon from start to end: node up, service manager told, reloads on SIGHUP, and at SIGTERM or SIGINT a drain within its limit. One a process.
/// <para>
/// Order: a member of a cluster binds its end point there, before it opens anything; a database that is away is waited for; the node listens and takes up its torrents, then whatever faces outwards (the HTTP API) starts, then READY=1. At the end the other way round: STOPPING=1, the outward parts refuse, the node drains, and the end point is given up last.
/// </para>
/// </summary>
/// <param name="shell">Where the log goes unless it has a file, and who says that it is over.</param>
/// <param name="started">The configuration, without errors.</param>
/// <param name="readAgain">Reads the configuration anew.</param>
/// <param name="isVerbose">Log everything, whatever is configured.</param>
internal sealed partial class ServeRun(Shell shell, SwarmConfiguration started, Func<SwarmConfiguration> readAgain, bool isVerbose)
{
    // Beyond the drain's limit, for the process to end.
    private static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(5);

    // What a start may take after the database has come, as the unit's TimeoutStartSec.
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(5);

    private readonly LiveSettings _live = new(started);

    /// <summary>Returns the process's exit code.</summary>
    /// <exception cref="SwarmException">It does not start, or has ended by itself.</exception>
    public async Task<int> RunAsync(CancellationToken interrupted)
    {
        var configuration = _live.Current;
        using var output = ServiceLog.Open(LogOf(configuration), shell.Error);
        using var tail = new LogTail((configuration.Settings.Api ?? new ApiSettings()).LogLines, LogOf(configuration).Level, TimeProvider.System);
        using var logs = new LoggerFactory([output, tail], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        var log = logs.CreateLogger("Swarm.Serve");
        using var systemd = Systemd.FromEnvironment(Environment.GetEnvironmentVariables(), log);
        // One that comes while another waits is the same.
        var reloads = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        shell.Interruption.OnHangup(() => reloads.Writer.TryWrite(true));
        var settings = new CommonSettings(configuration.Settings, isVerbose) { Reach = configuration.Settings.Node.ToReach() };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        await using var membership = await NodeMembership.BeginAsync(configuration.Settings, logs).ConfigureAwait(false);
        if (await StartAsync(settings, membership, systemd, logs, interrupted).ConfigureAwait(false) is not { } node)
        {
            LogNotStarted(log);
            return ExitCodes.Done;
        }

        await using var api = await StartApiAsync(node, membership, settings, tail, ended.Cancel, logs).ConfigureAwait(false);
        await node.RestoreAsync().ConfigureAwait(false);
        api?.Restored();
        var automation = new ServeAutomation(node, configuration.Settings, ServeApi.DefaultFolder(configuration.Settings.Api, settings.DataFolder), UsualLimits, (download, upload) => Limit(node, api, download, upload), ModelOf(node, ClusterOf(membership, configuration.Settings.Cluster)), logs);
        var status = StatusOf(node.Listen);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
        var watchdog = FeedAsync(systemd, node, ending.Token);
        try
        {
            systemd.Ready(status);
            LogReady(log, status, settings.DataFolder);
            await ServeAsync(new Parts(node, api, automation, systemd, output), reloads.Reader, log, ended.Token).ConfigureAwait(false);
            api?.Draining();
        }
        finally
        {
            await automation.DisposeAsync().ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            await watchdog.ConfigureAwait(false);
        }

        return await DrainAsync(node, systemd, log).ConfigureAwait(false);
    }

    // Null: it is to end before the database came.
    private static async Task<SwarmNode?> StartAsync(CommonSettings settings, NodeMembership? membership, Systemd systemd, ILoggerFactory logs, CancellationToken interrupted)
    {
        var wait = new DatabaseWait(settings.Swarm.Store.Postgres.StartPatience, TimeProvider.System, reason => systemd.Waiting($"waiting for the database: {reason}", StartTime), interrupted);
        try
        {
            return await NodeStart.RunAsync(settings, logs, membership, wait).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return null;
        }
    }

    // Until it is over, by a signal or because the node ended.
    private async Task ServeAsync(Parts parts, ChannelReader<bool> reloads, ILogger log, CancellationToken interrupted)
    {
        try
        {
            while (true)
            {
                var reload = reloads.ReadAsync(interrupted).AsTask();
                if (await Task.WhenAny(reload, parts.Node.Ended).ConfigureAwait(false) != reload) return;
                await reload.ConfigureAwait(false);
                parts.Systemd.Reloading();
                await TryReloadAsync(parts, log).ConfigureAwait(false);
                parts.Systemd.Ready(StatusOf(parts.Node.Listen));
            }
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // How a daemon ends.
        }
    }

    private async Task<int> DrainAsync(SwarmNode node, Systemd systemd, ILogger log)
    {
        var limit = _live.Current.Settings.DrainTimeout;
        systemd.Stopping(limit + ExitTime);
        LogStopping(log, limit);
        var isDrained = await node.StopAsync(limit).ConfigureAwait(false);
        if (node.Failure is { } failure) throw new SwarmException(failure);
        if (isDrained)
        {
            LogStopped(log);
            return ExitCodes.Done;
        }

        LogUndrained(log, limit);
        return ExitCodes.Failed;
    }

    // None where there is to be none. A node whose API does not start is not left running.
    private async Task<ServeApi?> StartApiAsync(SwarmNode node, NodeMembership? membership, CommonSettings settings, LogTail tail, Action drain, ILoggerFactory logs)
    {
        if (settings.Swarm.Api is not { } api) return null;
        try
        {
            return await ServeApi.StartAsync(node, api, () => _live.Current, settings.DataFolder, tail, drain, shell.Complain, logs, ClusterOf(membership, settings.Swarm.Cluster)).ConfigureAwait(false);
        }
        catch
        {
            await node.StopAsync(settings.Swarm.DrainTimeout).ConfigureAwait(false);
            throw;
        }
    }

    private static ServeCluster? ClusterOf(NodeMembership? membership, ClusterSectionSettings? cluster) => membership is null || cluster is null
        ? null
        : new ServeCluster(new ClusterFacts(cluster.Name!, membership.Links.EndPoint, cluster.Replicas, cluster.Placement, cluster.CommandPatience), membership.Links, cluster.ReportInterval);

    private static ClusterModel? ModelOf(SwarmNode node, ServeCluster? cluster) => cluster is null ? null : new ClusterModel(cluster.Facts, node.AskClusterAsync);

    // What a reload fails on is no reason to end a daemon that runs, and without a drain.
    private async Task TryReloadAsync(Parts parts, ILogger log)
    {
        try
        {
            await ReloadAsync(parts, log).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogReloadFailed(log, e);
        }
    }

    private async Task ReloadAsync(Parts parts, ILogger log)
    {
        ReloadKeys(parts.Api, log);
        var next = readAgain();
        if (!next.Errors.IsEmpty)
        {
            foreach (var error in next.Errors) LogRefused(log, error.ToString());
            return;
        }

        var (changed, needRestart) = _live.Take(next);
        Limit(parts.Node, parts.Api, next.Settings.Net.DownloadLimit, next.Settings.Net.UploadLimit);
        await parts.Automation.ReloadAsync(next.Settings).ConfigureAwait(false);
        parts.Output.Apply(LogOf(next));
        var keys = string.Join(", ", changed);
        LogReloaded(log, changed.Length, keys);
        foreach (var key in needRestart) LogNeedsRestart(log, key);
    }

    private static void ReloadKeys(ServeApi? api, ILogger log)
    {
        try
        {
            api?.ReloadKeys();
        }
        catch (SwarmException e)
        {
            LogKeysRefused(log, e.Message);
        }
    }

    private (long Download, long Upload) UsualLimits() => (_live.Current.Settings.Net.DownloadLimit, _live.Current.Settings.Net.UploadLimit);

    private static void Limit(SwarmNode node, ServeApi? api, long download, long upload)
    {
        node.SetLimits(download, upload);
        api?.Limited(download, upload);
    }

    private LogSettings LogOf(SwarmConfiguration configuration) => isVerbose ? configuration.Settings.Log with { Level = LogLevel.Debug } : configuration.Settings.Log;

    // Half the interval, as the manual has it. What is fed is the node, not a timer: a node that does not answer is restarted.
    private static async Task FeedAsync(Systemd systemd, SwarmNode node, CancellationToken ending)
    {
        if (systemd.WatchdogInterval is not { } interval) return;
        using var timer = new PeriodicTimer(interval / 2);
        try
        {
            while (await timer.WaitForNextTickAsync(ending).ConfigureAwait(false))
            {
                await node.StatusAsync(default).WaitAsync(ending).ConfigureAwait(false);
                systemd.Alive();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SwarmException)
        {
            // It is over, or the node is; what does not answer is not fed.
        }
    }

    private static string StatusOf(ImmutableArray<IPEndPoint> listen) => $"listening on {string.Join(", ", listen)}";

    private sealed record Parts(SwarmNode Node, ServeApi? Api, ServeAutomation Automation, Systemd Systemd, ServiceLog Output);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready: {Status}; state is kept in {DataFolder}")]
    private static partial void LogReady(ILogger log, string status, string dataFolder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped before the node was started")]
    private static partial void LogNotStarted(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping, within {Limit}")]
    private static partial void LogStopping(ILogger log, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; everything is recorded")]
    private static partial void LogStopped(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "Not everything could be recorded within {Limit}; the next start hashes what is in doubt. A longer swarm.drain-timeout gives it more time")]
    private static partial void LogUndrained(ILogger log, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reload failed, in part or as a whole; the node goes on")]
    private static partial void LogReloadFailed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration is not reloaded, because of an error: {Error}")]
    private static partial void LogRefused(ILogger log, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The API keys are not read again, those before hold: {Error}")]
    private static partial void LogKeysRefused(ILogger log, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration is reloaded; {Count} keys changed: {Keys}")]
    private static partial void LogReloaded(ILogger log, int count, string keys);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A changed key needs a restart: {Key}")]
    private static partial void LogNeedsRestart(ILogger log, string key);
}
