using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;
using Swarm.Host.Commands;
using Swarm.Host.Content;

namespace Swarm.Host.Demo;

/// <summary>The demonstration once its content is there: starts a seed and leechers that know each other, lets them work, counts who sent what, compares every byte. Owns the nodes.</summary>
internal sealed class DemoRun(DemoContent content, MadeTorrent torrent, CommonSettings settings, DemoScreen screen, ILoggerFactory logs) : IAsyncDisposable
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SettleStep = TimeSpan.FromMilliseconds(100);
    private readonly List<DemoMember> _members = [];

    private IEnumerable<DemoMember> Leechers => _members.Skip(1);

    private long Length => torrent.Metainfo.Layout.Geometry.TotalLength;

    /// <summary>True if every copy equals the original.</summary>
    public async Task<bool> RunAsync(int leechers, CancellationToken interrupted)
    {
        var address = settings.Bind ?? IPAddress.Loopback;
        _members.Add(await DemoMember.StartAsync("seed", content.Root, content.Folder, address, settings, logs).ConfigureAwait(false));
        for (var i = 1; i <= leechers; i++)
        {
            _members.Add(await DemoMember.StartAsync($"leecher {i}", content.Root, Path.Join(content.Root, $"leecher {i}"), address, settings, logs).ConfigureAwait(false));
        }

        var source = TorrentSource.FromFile(torrent.Metainfo, torrent.File);
        await _members[0].AddAsync(source, new TorrentOptions { Folder = "", SeedOnly = true, TrustExisting = true }).ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        foreach (var leecher in Leechers)
        {
            ImmutableArray<IPEndPoint> others = [.. _members.Where(member => member != leecher).Select(member => member.EndPoint)];
            await leecher.AddAsync(source, new TorrentOptions { Folder = "", Peers = others }).ConfigureAwait(false);
        }

        await WatchAsync(Task.WhenAll(Leechers.Select(leecher => leecher.CompleteAsync(began, interrupted))), interrupted).ConfigureAwait(false);
        var took = Leechers.Max(leecher => leecher.CompletedAfter!.Value);
        await SettleAsync(interrupted).ConfigureAwait(false);
        return await SummarizeAsync(took, interrupted).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_members.Select(member => member.DisposeAsync().AsTask())).ConfigureAwait(false);

    private async Task WatchAsync(Task complete, CancellationToken interrupted)
    {
        while (true)
        {
            screen.Show(await StatusesAsync().ConfigureAwait(false));
            if (await Task.WhenAny(complete, Task.Delay(screen.Interval, interrupted)).ConfigureAwait(false) == complete) break;
            interrupted.ThrowIfCancellationRequested();
        }

        await complete.ConfigureAwait(false);
    }

    // Counters reach a torrent's status with its beat, so the last of them are waited for a little.
    private async Task SettleAsync(CancellationToken interrupted)
    {
        var began = Stopwatch.GetTimestamp();
        ImmutableArray<(string Name, TorrentStatus Status)> statuses;
        do
        {
            await Task.Delay(SettleStep, interrupted).ConfigureAwait(false);
            statuses = await StatusesAsync().ConfigureAwait(false);
        }
        while (statuses.Sum(member => member.Status.Uploaded) < Length * (_members.Count - 1) && Stopwatch.GetElapsedTime(began) < SettleTime);
        screen.Show(statuses);
    }

    private async Task<bool> SummarizeAsync(TimeSpan took, CancellationToken interrupted)
    {
        var equal = 0;
        foreach (var leecher in Leechers)
        {
            if (await content.EqualsCopyBelowAsync(leecher.Folder, interrupted).ConfigureAwait(false)) equal++;
        }

        var statuses = await StatusesAsync().ConfigureAwait(false);
        await screen.EndTableAsync().ConfigureAwait(false);
        var bySeed = statuses[0].Status.Uploaded;
        var all = Math.Max(1, statuses.Sum(member => member.Status.Uploaded));
        var leechers = _members.Count - 1;
        screen.Print($"{HumanText.Count(leechers, "leecher")} fetched {HumanText.Size(Length)} each in {took.TotalSeconds:0.00} s: {HumanText.Rate((long)(Length * leechers / took.TotalSeconds))} in all");
        screen.Print($"sent by the seed: {HumanText.Size(bySeed)} ({HumanText.Percent(bySeed, all)}); by leechers to each other: {HumanText.Size(all - bySeed)} ({HumanText.Percent(all - bySeed, all)})");
        screen.Print(equal == leechers ? "every copy is equal to the original, byte for byte" : $"{leechers - equal} of {leechers} copies differ from the original");
        return equal == leechers;
    }

    private async Task<ImmutableArray<(string Name, TorrentStatus Status)>> StatusesAsync()
    {
        var statuses = ImmutableArray.CreateBuilder<(string, TorrentStatus)>(_members.Count);
        foreach (var member in _members) statuses.Add((member.Name, await member.StatusAsync().ConfigureAwait(false)));
        return statuses.DrainToImmutable();
    }
}
