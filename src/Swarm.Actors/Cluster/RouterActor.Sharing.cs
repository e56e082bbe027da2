using System.Collections.Immutable;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

// What nodes tell each other besides being there: how they are doing, what happened, whom to avoid, and who may use how much of a limit. All of it may be lost; none of it is needed for safety.
public sealed partial class RouterActor
{
    private readonly SortedDictionary<MemberId, (ClusterMessage.NodeReport Report, long At)> _reports = [];
    private readonly SortedDictionary<MemberId, long> _subscribers = [];
    private readonly Queue<ClusterEvent> _events = new();
    private readonly Dictionary<InfoHash, (long Down, long Up, int Peers)> _rates = [];
    private (long Down, long Up, int Peers) _rate;
    private (long Download, long Upload, long Until) _share;
    private (long Download, long Upload) _told;
    private QuotaLedger? _downloads;
    private QuotaLedger? _uploads;
    private long _grantsFrom;
    private long _watchesUntil;
    private bool _plans;
    private int _running;

    /// <summary>Tell me, on the event stream, what happens at other nodes; to be repeated every <see cref="ClusterSettings.ReportInterval"/>.</summary>
    public sealed record WatchEvents;

    /// <summary>Command: whoever plans looks at every torrent now. Answered with <see cref="Accepted"/>, of no torrent, when it has been told; it may be lost on the way, and the planner looks by itself from time to time.</summary>
    public sealed record Replan;

    /// <summary>Events that were not told to other nodes because too many waited.</summary>
    public long EventsDropped { get; private set; }

    private bool HasLimits => _settings.DownloadLimit > 0 || _settings.UploadLimit > 0;

    private void OnHeard(MembersActor.Heard heard)
    {
        // What nobody's identity says is not kept.
        if (_view.Find(heard.Sender) is not { IsLive: true }) return;
        var now = Now();
        switch (heard.Message)
        {
            case ClusterMessage.NodeReport report: _reports[heard.Sender] = (report, now); break;
            case ClusterMessage.Bans bans: OnHeard(heard.Sender, bans.Entries, now); break;
            case ClusterMessage.Quota quota: TakeShare(quota, now); break;
            case ClusterMessage.Subscribe subscribe: _subscribers[heard.Sender] = now + Math.Min(subscribe.Lasting.Ticks, TimeSpan.TicksPerMinute * 10); break;
            case ClusterMessage.Replan: Context.Parent.Tell(new PlannerActor.Sweep()); break;
            case ClusterMessage.Events events:
                foreach (var happened in events.Entries) Context.System.EventStream.Publish(new RemoteEvent(heard.Sender, happened));
                break;
        }
    }

    private void OnReport()
    {
        if (_self.IsNobody) return;
        var now = Now();
        foreach (var gone in _reports.Keys.Where(member => _view.Find(member) is not { IsLive: true }).ToArray()) _reports.Remove(gone);
        var report = new ClusterMessage.NodeReport(_running, _rate.Peers, _rate.Down, _rate.Up, Demand(_rate.Down, _share.Download), Demand(_rate.Up, _share.Upload));
        _reports[_self] = (report, now);
        Context.Parent.Tell(new MembersActor.TellAll(report));
        if (now < _watchesUntil) Context.Parent.Tell(new MembersActor.TellAll(new ClusterMessage.Subscribe(_settings.ReportInterval * 3)));
        if (_plans && HasLimits && now >= _grantsFrom) Grant(now);
    }

    // Who uses up what it has could use more; who does not, a little more than it does.
    private static long Demand(long rate, long share) => share > 0 && rate >= share * 8 / 10 ? share * 2 : (rate * 5 / 4) + (64 << 10);

    private void OnRows(TorrentRowsEvent rows)
    {
        switch (rows)
        {
            case TorrentRowsEvent.RowsChanged changed:
                foreach (var row in changed.Rows) SetRate(row.Torrent, (row.DownloadRate, row.UploadRate, row.ConnectedPeers));
                break;
            case TorrentRowsEvent.RowRemoved removed: SetRate(removed.Torrent, default); break;
        }
    }

    private void SetRate(InfoHash torrent, (long Down, long Up, int Peers) rate)
    {
        var before = _rates.GetValueOrDefault(torrent);
        _rate = (_rate.Down + rate.Down - before.Down, _rate.Up + rate.Up - before.Up, _rate.Peers + rate.Peers - before.Peers);
        if (rate == default) _rates.Remove(torrent);
        else _rates[torrent] = rate;
    }

    private void OnLocalEvent(TorrentEvent.StateChanged changed)
    {
        if (_subscribers.Count == 0) return;
        if (_events.Count >= _settings.MaxWaitingEvents)
        {
            _events.Dequeue();
            EventsDropped++;
        }

        _events.Enqueue(new ClusterEvent(changed.Torrent, (int)changed.State, changed.Reason ?? ""));
    }

    private void TellEvents(long now)
    {
        foreach (var gone in _subscribers.Where(each => each.Value <= now).Select(static each => each.Key).ToArray()) _subscribers.Remove(gone);
        if (_events.Count == 0) return;
        var message = new ClusterMessage.Events([.. _events]);
        _events.Clear();
        foreach (var subscriber in _subscribers.Keys) Context.Parent.Tell(new MembersActor.Tell(subscriber.EndPoint, message));
    }

    private void OnReplan()
    {
        Context.Parent.Tell(new MembersActor.TellAll(new ClusterMessage.Replan()));
        Context.Parent.Tell(new PlannerActor.Sweep());
        Sender.Tell(new Accepted(default, 0));
    }

    // What an earlier planner granted may be in use for a whole time yet.
    private void OnPlans(bool plans)
    {
        _plans = plans;
        _downloads = plans && _settings.DownloadLimit > 0 ? new QuotaLedger(_settings.DownloadLimit, _settings.Quota) : null;
        _uploads = plans && _settings.UploadLimit > 0 ? new QuotaLedger(_settings.UploadLimit, _settings.Quota) : null;
        _grantsFrom = Now() + (2 * _settings.Quota.GrantTime.Ticks);
    }

    private void Grant(long now)
    {
        ImmutableArray<(MemberId Member, ClusterMessage.NodeReport Report)> asking = [.. _reports.Where(each => now - each.Value.At < _settings.ReportInterval.Ticks * 3).Select(static each => (each.Key, each.Value.Report))];
        var down = _downloads?.Grant([.. asking.Select(static each => (each.Member, each.Report.DownloadDemand))], now);
        var up = _uploads?.Grant([.. asking.Select(static each => (each.Member, each.Report.UploadDemand))], now);
        for (var i = 0; i < asking.Length; i++)
        {
            var quota = new ClusterMessage.Quota(down?[i].BytesPerSecond ?? -1, up?[i].BytesPerSecond ?? -1, _settings.Quota.GrantTime);
            if (asking[i].Member == _self) TakeShare(quota, now);
            else Context.Parent.Tell(new MembersActor.Tell(asking[i].Member.EndPoint, quota));
        }
    }

    private void TakeShare(ClusterMessage.Quota quota, long now)
    {
        if (!HasLimits) return;
        var members = Sharers();
        // The reserve is everybody's, with a grant and without.
        _share = (quota.Download + _settings.Quota.FloorOf(_settings.DownloadLimit, members), quota.Upload + _settings.Quota.FloorOf(_settings.UploadLimit, members), now + Math.Min(quota.Lasting.Ticks, _settings.Quota.GrantTime.Ticks));
        Limit();
    }

    private void KeepShare(long now)
    {
        if (!HasLimits || now < _share.Until || !_view.IsCaughtUp) return;
        var members = Sharers();
        _share = (_settings.Quota.FloorOf(_settings.DownloadLimit, members), _settings.Quota.FloorOf(_settings.UploadLimit, members), now + _settings.Quota.GrantTime.Ticks);
        Limit();
    }

    // Those that join are about to have their part.
    private int Sharers() => Math.Max(1, _view.Members.Count(static member => member.IsLive));

    private void Limit()
    {
        _told = (_settings.DownloadLimit > 0 ? _share.Download : 0, _settings.UploadLimit > 0 ? _share.Upload : 0);
        _bandwidth.Tell(new BandwidthActor.SetShare(_told.Download, _told.Upload));
    }
}
