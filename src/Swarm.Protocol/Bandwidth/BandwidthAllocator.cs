namespace Swarm.Protocol.Bandwidth;

/// <summary>
/// Shares out the bandwidth of one direction (a node has two of these) under a limit for the node and one for each torrent. A link whose quota is spent asks
/// for more and waits; every tick the waiting links are granted what their limits have earned.
/// <para>
/// Fair: links are served in the order they came to wait, each getting its share, by weight, of what there is in its torrent and in the node; what a link does not
/// want is shared among the others in further passes. When there is not enough to give each the least grant, the first are served and the others
/// are first in the next tick.
/// </para>
/// Always holds: a link waits at most once; in any span no more is granted under a limit than limit × span + burst; while links wait, what the limit earns is
/// granted (ticks must not come later than the burst). Without limits a request is granted at once and nobody waits.
/// A tick costs O(waiting links × passes + torrents). Owned by the actor that grants; times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class BandwidthAllocator
{
    private readonly BandwidthSettings _settings;
    private readonly ScopeState _global;
    private readonly Dictionary<int, ScopeState> _scopes = [];
    private readonly List<ScopeState> _limited = [];
    private readonly Dictionary<LinkKey, Waiter> _byLink = [];
    private readonly List<Waiter> _waiting = [];

    /// <summary>An allocator without limits.</summary>
    public BandwidthAllocator(BandwidthSettings settings, long nowTicks)
    {
        _settings = settings;
        _global = new ScopeState(NewBucket(null, nowTicks));
    }

    /// <summary>Links that wait for a grant.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Whether neither the scope nor the node has a limit.</summary>
    public bool IsUnlimited(BandwidthScope scope) => _global.Bucket.BytesPerSecond is null && !_scopes.ContainsKey(scope.Value);

    /// <summary>Limits a torrent, or with <see cref="BandwidthScope.Global"/> the node, to this many bytes a second (≥ 0; 0 stops it); null takes the limit away.</summary>
    public void SetLimit(BandwidthScope scope, long? bytesPerSecond, long nowTicks)
    {
        if (scope == BandwidthScope.Global) _global.Bucket.SetRate(bytesPerSecond, nowTicks);
        else if (bytesPerSecond is null) RemoveLimit(scope);
        else if (_scopes.TryGetValue(scope.Value, out var known)) known.Bucket.SetRate(bytesPerSecond, nowTicks);
        else AddLimit(scope, bytesPerSecond.Value, nowTicks);
    }

    /// <summary>
    /// A link wants bytes (≥ 1). Without limits all are granted at once: the return value. Otherwise 0 is returned and the link waits for a tick; a link that waits
    /// already then wants what it said last. A link of <paramref name="weight"/> (1 to 100) gets that many times the share of one with 1.
    /// </summary>
    public long Request(LinkKey link, BandwidthScope scope, long bytesWanted, int weight = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesWanted);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, 100);
        if (IsUnlimited(scope))
        {
            Cancel(link);
            return bytesWanted;
        }

        if (!_byLink.TryGetValue(link, out var waiter))
        {
            waiter = new Waiter(link, scope.Value) { Limit = _scopes.GetValueOrDefault(scope.Value) };
            _byLink.Add(link, waiter);
            _waiting.Add(waiter);
        }

        waiter.Wanted = bytesWanted;
        waiter.Weight = weight;
        return 0;
    }

    /// <summary>A link waits no longer.</summary>
    public void Cancel(LinkKey link)
    {
        if (_byLink.Remove(link, out var waiter)) _waiting.Remove(waiter);
    }

    /// <summary>A link gives back what it was granted and did not use.</summary>
    public void Return(BandwidthScope scope, long bytes)
    {
        _global.Bucket.Return(bytes);
        if (_scopes.TryGetValue(scope.Value, out var limit)) limit.Bucket.Return(bytes);
    }

    /// <summary>Grants what there is to those that wait; grants are added in the order the links came.</summary>
    public void Tick(long nowTicks, List<Grant> output)
    {
        _global.Bucket.Refill(nowTicks);
        foreach (var limit in _limited) limit.Bucket.Refill(nowTicks);
        if (_waiting.Count == 0) return;
        for (var pass = 0; pass < _settings.MaxPasses; pass++)
        {
            if (!SharePass()) break;
        }

        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            var waiter = _waiting[i];
            if (waiter.Granted == 0)
            {
                _waiting[kept++] = waiter;
                continue;
            }

            output.Add(new Grant(waiter.Link, waiter.Granted));
            _byLink.Remove(waiter.Link);
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    /// <summary>Gives each waiting link one share. False if nobody got anything.</summary>
    private bool SharePass()
    {
        CountShares();
        var any = false;
        foreach (var waiter in _waiting)
        {
            var open = OpenOf(waiter);
            if (open == 0) continue;
            var share = Math.Min(_global.Share, waiter.Limit?.Share ?? long.MaxValue);
            var most = share > open / waiter.Weight ? open : share * waiter.Weight;
            var grant = Math.Min(most, Math.Min(_global.Bucket.Available, waiter.Limit?.Bucket.Available ?? long.MaxValue));

            // Less than the least is worth a grant only to a link that wants no more.
            if (grant < Math.Min(open, _settings.MinGrant)) continue;
            waiter.Granted += grant;
            _global.Bucket.Take(grant);
            waiter.Limit?.Bucket.Take(grant);
            any = true;
        }

        return any;
    }

    /// <summary>Works out what a weight of 1 gets in this pass, in the node and in each torrent.</summary>
    private void CountShares()
    {
        _global.Weight = 0;
        foreach (var limit in _limited) limit.Weight = 0;
        foreach (var waiter in _waiting)
        {
            if (OpenOf(waiter) == 0 || waiter.Limit?.Bucket.Available < Math.Min(OpenOf(waiter), _settings.MinGrant)) continue;
            _global.Weight += waiter.Weight;
            if (waiter.Limit is { } limit) limit.Weight += waiter.Weight;
        }

        _global.Share = ShareOf(_global);
        foreach (var limit in _limited) limit.Share = ShareOf(limit);
    }

    private long ShareOf(ScopeState state) => Math.Max(_settings.MinGrant, state.Bucket.Available / Math.Max(1, state.Weight));

    private long OpenOf(Waiter waiter) =>
        Math.Min(waiter.Wanted, Math.Max(_settings.MaxGrant, _settings.MinGrant)) - waiter.Granted;

    private void AddLimit(BandwidthScope scope, long bytesPerSecond, long now)
    {
        var state = new ScopeState(NewBucket(bytesPerSecond, now));
        _scopes.Add(scope.Value, state);
        _limited.Add(state);
        SetLimitOfWaiting(scope, state);
    }

    private void RemoveLimit(BandwidthScope scope)
    {
        if (!_scopes.Remove(scope.Value, out var state)) return;
        _limited.Remove(state);
        SetLimitOfWaiting(scope, null);
    }

    private void SetLimitOfWaiting(BandwidthScope scope, ScopeState? state)
    {
        foreach (var waiter in _waiting)
        {
            if (waiter.Scope == scope.Value) waiter.Limit = state;
        }
    }

    // Two least grants at least, so that a low limit can save up for one while it pays for another.
    private TokenBucket NewBucket(long? bytesPerSecond, long now) => new(bytesPerSecond, _settings.Burst, 2L * _settings.MinGrant, now);

    private sealed class ScopeState(TokenBucket bucket)
    {
        public TokenBucket Bucket { get; } = bucket;

        public int Weight { get; set; }

        public long Share { get; set; }
    }

    private sealed class Waiter(LinkKey link, int scope)
    {
        public LinkKey Link { get; } = link;

        public int Scope { get; } = scope;

        public ScopeState? Limit { get; set; }

        public long Wanted { get; set; }

        public int Weight { get; set; }

        public long Granted { get; set; }
    }
}
