using Swarm.Actors.Ports;
using Swarm.Protocol.Bandwidth;

namespace Swarm.Actors.Net;

/// <summary>
/// Shares the node's and each torrent's bandwidth among links, both ways. Child of <see cref="NetActor"/>.
/// A link under no limit is never heard of again after it joined. A limited link that has spent its quota asks, through its peer, and is granted its fair share at the next beat
/// (<see cref="BandwidthAllocator"/>). There is a beat only while somebody waits.
/// <para>The node as a whole has two pairs of limits, its own and its share of the cluster's: neither takes the place of the other, and in each direction the lesser one of those that there are holds.</para>
/// </summary>
public sealed class BandwidthActor : UntypedActor, IWithTimers
{
    private const string BeatKey = "beat";
    private const int QuotaBytes = 1 << 20;

    private readonly TimeSpan _beat;
    private readonly TimeProvider _time;
    private readonly BandwidthAllocator _download;
    private readonly BandwidthAllocator _upload;
    private readonly SortedDictionary<long, Member> _members = [];
    private readonly Dictionary<IPeerLink, Member> _byLink = [];
    private readonly List<Grant> _grants = [];
    private (long Download, long Upload) _own;
    private (long Download, long Upload) _share;
    private long _lastKey;

    private BandwidthActor(NetSettings settings, TimeProvider time)
    {
        _beat = settings.BandwidthTick;
        _time = time;
        var allocation = settings.Bandwidth with { TickInterval = settings.BandwidthTick };
        _download = new BandwidthAllocator(allocation, Now());
        _upload = new BandwidthAllocator(allocation, Now());
        _own = (settings.DownloadLimit, settings.UploadLimit);
        LimitNode();
    }

    /// <summary>A link of a torrent, which is its scope, is there.</summary>
    public sealed record Join(IPeerLink Link, BandwidthScope Scope);

    /// <summary>It is gone.</summary>
    public sealed record Leave(IPeerLink Link);

    /// <summary>A limited link has nothing left in one direction.</summary>
    public sealed record QuotaWanted(IPeerLink Link, TransferDirection Direction);

    /// <summary>Sets the limits of a torrent, or the node's own, in bytes a second; 0 for none.</summary>
    public sealed record SetLimits(BandwidthScope Scope, long Download, long Upload);

    /// <summary>Sets what the node may use of the cluster's limits, in bytes a second; 0 where the cluster has none.</summary>
    public sealed record SetShare(long Download, long Upload);

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }

    private sealed record Member(long Key, IPeerLink Link, BandwidthScope Scope);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A bandwidth manager with the node's limits.</summary>
    public static Props Props(NetSettings settings, TimeProvider time) => ActorProps.Create(() => new BandwidthActor(settings, time));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case QuotaWanted wanted: OnQuotaWanted(wanted); break;
            case Beat: OnBeat(); break;
            case Join join: OnJoin(join); break;
            case Leave leave: OnLeave(leave); break;
            case SetLimits limits: OnSetLimits(limits); break;
            case SetShare share: OnSetShare(share); break;
            default: Unhandled(message); break;
        }
    }

    private static long? Limit(long bytesPerSecond) => bytesPerSecond == 0 ? null : bytesPerSecond;

    private static long? Lesser(long own, long share) => Limit(own == 0 || share == 0 ? Math.Max(own, share) : Math.Min(own, share));

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void OnJoin(Join join)
    {
        var member = new Member(++_lastKey, join.Link, join.Scope);
        if (!_byLink.TryAdd(join.Link, member)) return;
        _members.Add(member.Key, member);
        Apply(member);
    }

    private void OnLeave(Leave leave)
    {
        if (!_byLink.Remove(leave.Link, out var member)) return;
        _members.Remove(member.Key);
        _download.Cancel(new LinkKey(member.Key));
        _upload.Cancel(new LinkKey(member.Key));
    }

    private void OnQuotaWanted(QuotaWanted wanted)
    {
        if (!_byLink.TryGetValue(wanted.Link, out var member)) return;
        var granted = Of(wanted.Direction).Request(new LinkKey(member.Key), member.Scope, QuotaBytes);
        if (granted > 0) member.Link.Grant(wanted.Direction, (int)granted);
        else if (!Timers.IsTimerActive(BeatKey)) Timers.StartPeriodicTimer(BeatKey, Beat.Instance, _beat);
    }

    private void OnBeat()
    {
        Share(TransferDirection.Download);
        Share(TransferDirection.Upload);
        if (_download.WaitingCount == 0 && _upload.WaitingCount == 0) Timers.Cancel(BeatKey);
    }

    private void OnSetLimits(SetLimits limits)
    {
        if (limits.Scope == BandwidthScope.Global)
        {
            _own = (limits.Download, limits.Upload);
            LimitNode();
            return;
        }

        _download.SetLimit(limits.Scope, Limit(limits.Download), Now());
        _upload.SetLimit(limits.Scope, Limit(limits.Upload), Now());
        ApplyAll();
    }

    private void OnSetShare(SetShare share)
    {
        _share = (share.Download, share.Upload);
        LimitNode();
    }

    private void LimitNode()
    {
        _download.SetLimit(BandwidthScope.Global, Lesser(_own.Download, _share.Download), Now());
        _upload.SetLimit(BandwidthScope.Global, Lesser(_own.Upload, _share.Upload), Now());
        ApplyAll();
    }

    private void ApplyAll()
    {
        foreach (var member in _members.Values) Apply(member);
    }

    private void Share(TransferDirection direction)
    {
        _grants.Clear();
        Of(direction).Tick(Now(), _grants);
        foreach (var grant in _grants)
        {
            if (_members.TryGetValue(grant.Link.Value, out var member)) member.Link.Grant(direction, (int)Math.Min(grant.Bytes, int.MaxValue));
        }
    }

    private void Apply(Member member)
    {
        member.Link.Limit(TransferDirection.Download, !_download.IsUnlimited(member.Scope));
        member.Link.Limit(TransferDirection.Upload, !_upload.IsUnlimited(member.Scope));
    }

    private BandwidthAllocator Of(TransferDirection direction) => direction == TransferDirection.Download ? _download : _upload;
}
