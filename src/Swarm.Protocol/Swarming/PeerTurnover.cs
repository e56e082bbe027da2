namespace Swarm.Protocol.Swarming;

/// <summary>A connection as <see cref="PeerTurnover"/> judges it. <paramref name="Moved"/>: payload bytes in both directions since it began; <paramref name="IsWanted"/>: one side is interested in the other; <paramref name="IsKept"/>: it is not to go whatever it does.</summary>
public readonly record struct TurnoverPeer(PeerKey Key, long Moved, bool IsWanted, bool IsKept);

/// <summary>
/// Which connections of a full torrent give way to addresses that were never tried. Owned by the torrent's actor, asked at its beat. Without it the first hundred that happened to connect would stay for ever, and a better peer would never be found.
/// <para>
/// Each <see cref="TurnoverSettings.Interval"/> at most the settings' share goes: first those where neither side wants anything of the other, then the slowest, and of these only who moved nothing or far less than the average since the
/// interval before. So a swarm in which all are alike stays together, and who is fast stays in any.
/// </para>
/// Always holds: no more go than there are addresses to try, nobody who was not there a whole interval, nobody kept, and never the last connection. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class PeerTurnover(TurnoverSettings settings, long nowTicks)
{
    private readonly List<(TurnoverPeer Peer, long Moved)> _idle = [];
    private Dictionary<PeerKey, long> _before = [];
    private Dictionary<PeerKey, long> _now = [];
    private long _lookedAt = nowTicks;

    /// <summary>Connections that were named so far.</summary>
    public long Replaced { get; private set; }

    /// <summary>Whether an interval is over, so that <see cref="Choose"/> is to be called.</summary>
    public bool IsDue(long nowTicks) => settings.Share > 0 && nowTicks - _lookedAt >= settings.Interval.Ticks;

    /// <summary>
    /// Adds to <paramref name="output"/> who is to go. <paramref name="connections"/> of <paramref name="allowed"/> are there, those being made included; <paramref name="untried"/>: addresses that could be called at once and never were.
    /// </summary>
    public void Choose(IEnumerable<TurnoverPeer> peers, int connections, int allowed, int untried, long nowTicks, List<PeerKey> output)
    {
        _lookedAt = nowTicks;
        long total = 0;
        var count = 0;
        foreach (var peer in peers)
        {
            count++;
            _now[peer.Key] = peer.Moved;
            var moved = peer.Moved - _before.GetValueOrDefault(peer.Key);
            total += moved;
            if (!peer.IsKept && _before.ContainsKey(peer.Key)) _idle.Add((peer, moved));
        }

        if (connections >= settings.FullFrom * allowed)
        {
            var most = Math.Min(Math.Min((int)Math.Ceiling(settings.Share * count), untried), count - 1);
            var slow = count == 0 ? 0 : settings.SlowPart * total / count;
            _idle.RemoveAll(candidate => candidate.Peer.IsWanted && candidate.Moved > 0 && candidate.Moved >= slow);
            _idle.Sort(static (a, b) => Compare(a, b));
            for (var i = 0; i < most && i < _idle.Count; i++, Replaced++) output.Add(_idle[i].Peer.Key);
        }

        _idle.Clear();
        (_before, _now) = (_now, _before);
        _now.Clear();
    }

    private static int Compare((TurnoverPeer Peer, long Moved) a, (TurnoverPeer Peer, long Moved) b)
    {
        var result = a.Peer.IsWanted.CompareTo(b.Peer.IsWanted);
        if (result == 0) result = a.Moved.CompareTo(b.Moved);
        return result == 0 ? a.Peer.Key.CompareTo(b.Peer.Key) : result;
    }
}
