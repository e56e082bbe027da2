namespace Swarm.Protocol.Wire;

/// <summary>What a peer may do a little of.</summary>
public enum Misbehaviour
{
    /// <summary>A request out of range, too long, or for a piece we never offered.</summary>
    InvalidRequest,

    /// <summary>A request while we choke, above the queue's bound, or twice.</summary>
    RefusedRequest,

    /// <summary>A block that was never asked for.</summary>
    UnaskedBlock,

    /// <summary>A reject or cancel of a request that does not exist.</summary>
    Unmatched,

    /// <summary>A message that says nothing new or nothing known.</summary>
    IdleChatter,
}

/// <summary>
/// Counts what a peer does that is wrong but forgivable, and says when it is too much: above the kind's limit in one window of
/// <see cref="WireSettings.FloodWindow"/>. Counts start anew with each window, so an honest peer with rare slips on a connection of
/// days is never closed. Owned by <see cref="PeerWireState"/>. Always holds: constant memory, and none for a peer that does nothing of the kind.
/// </summary>
public sealed class FloodGuard
{
    private const int Kinds = 5;
    private readonly WireSettings _settings;
    private int[]? _counts;
    private long[]? _totals;
    private long _windowStart;

    /// <summary>All counts zero, the first window begins.</summary>
    public FloodGuard(WireSettings settings, long nowTicks)
    {
        _settings = settings;
        _windowStart = nowTicks;
    }

    /// <summary>How often it happened since the connection began.</summary>
    public long Total(Misbehaviour kind) => _totals?[(int)kind] ?? 0;

    /// <summary>Counts one. The error that closes the connection if the limit is crossed, else null.</summary>
    public WireError? Note(Misbehaviour kind, long nowTicks)
    {
        _counts ??= new int[Kinds];
        _totals ??= new long[Kinds];
        if (nowTicks - _windowStart >= _settings.FloodWindow.Ticks)
        {
            Array.Clear(_counts);
            _windowStart = nowTicks;
        }

        _totals[(int)kind]++;
        var (limit, what) = kind switch
        {
            Misbehaviour.InvalidRequest => (_settings.MaxInvalidRequests, "invalid requests"),
            Misbehaviour.RefusedRequest => (_settings.MaxRefusedRequests, "requests while choked or above the queue's bound"),
            Misbehaviour.UnaskedBlock => (_settings.MaxUnaskedBlocks, "blocks that were never asked for"),
            Misbehaviour.Unmatched => (_settings.MaxUnmatched, "rejects or cancels without a request"),
            _ => (_settings.MaxIdleChatter, "messages without news"),
        };
        return ++_counts[(int)kind] <= limit ? null : new WireError(WireErrorKind.Flood, $"more than {limit} {what} in {_settings.FloodWindow}");
    }
}
