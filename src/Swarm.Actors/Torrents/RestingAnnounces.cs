using System.Collections.Immutable;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Which torrents at rest are announced when, to which tracker and in which family of the DHT. Pure: the caller passes the time (any origin, never backwards) and carries the announces. Owned by
/// <see cref="RestingActor"/>.
/// <para>
/// One tracker a torrent, as BEP 12 has it: the first of the first tier, and where one fails the next, until all have failed and it begins again. Each keeps to the interval it was told (BEP 3), held between the
/// settings' bounds; the first announces after a start are spread by chance, and intervals are varied by a tenth, so that a hundred thousand torrents never speak at once. So many announces are under way at a
/// time at most; what is due beyond waits, the longest due first.
/// </para>
/// <para>Always holds: a torrent has one announce to a tracker under way at most; its first in this process says "started", and "stopped" is said only where "started" was heard.</para>
/// </summary>
public sealed class RestingAnnounces
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly RestingSettings _settings;
    private readonly Random _random;
    private readonly int _families;
    private readonly uint _key;
    private readonly SortedDictionary<InfoHash, Entry> _entries = [];
    private readonly PriorityQueue<Entry, TimeSpan> _toTrackers = new();
    private readonly PriorityQueue<(Entry Entry, int Family), TimeSpan> _inDht = new();
    private readonly SortedDictionary<long, Flight> _flights = [];
    private readonly Queue<Entry> _goodbyes = new();
    private long _lastTicket;
    private int _flightsInDht;
    private int _gone;
    private bool _isLeaving;

    /// <summary>Nothing to announce yet. <paramref name="dhtFamilies"/>: how many families of the DHT there are, 0 for none.</summary>
    public RestingAnnounces(RestingSettings settings, int dhtFamilies, Random random)
    {
        _settings = settings;
        _families = dhtFamilies;
        _random = random;
        _key = (uint)random.NextInt64(1L << 32);
    }

    /// <summary>An announce to a tracker. <paramref name="Ticket"/> comes back with its outcome.</summary>
    public sealed record ToTracker(long Ticket, InfoHash Torrent, TrackerUrl Url, AnnounceEvent Event, PayloadMoved Moved, long Left, uint Key);

    /// <summary>An announce in one family of the DHT. <paramref name="Ticket"/> comes back with its outcome.</summary>
    public sealed record InDht(long Ticket, InfoHash Torrent, int Family, bool IsSeed);

    /// <summary>Torrents that are announced.</summary>
    public int Count => _entries.Count;

    /// <summary>Places in the queues, those of torrents that woke and were not swept out yet included.</summary>
    public int Queued => _toTrackers.Count + _inDht.Count;

    /// <summary>Whether every goodbye has been said and its outcome heard.</summary>
    public bool IsSilent => _isLeaving && _goodbyes.Count == 0 && !_flights.Values.Any(flight => flight.Event == AnnounceEvent.Stopped);

    /// <summary>A torrent lies down. One that nobody can be told of is passed over.</summary>
    public void Add(RestingTorrent torrent, TimeSpan now)
    {
        Remove(torrent.Row.Torrent);
        var usesDht = _families > 0 && !torrent.Row.IsPrivate;
        if (_isLeaving || torrent.IsSilent || (torrent.TrackerTiers.IsEmpty && !usesDht)) return;
        var entry = new Entry(torrent.Row.Torrent, torrent.TrackerTiers, torrent.Moved, torrent.Row.TotalLength - torrent.Row.VerifiedLength) { IsKnown = torrent.WasAnnounced };
        _entries.Add(entry.Torrent, entry);
        var first = torrent.WasAnnounced ? Varied(_settings.TrackerInterval) : _random.NextDouble() * _settings.Spread;
        if (!torrent.TrackerTiers.IsEmpty) _toTrackers.Enqueue(entry, now + first);
        for (var family = 0; usesDht && family < _families; family++)
        {
            _inDht.Enqueue((entry, family), now + (_random.NextDouble() * (torrent.WasAnnounced ? _settings.DhtInterval : _settings.Spread)));
        }
    }

    /// <summary>A torrent wakes, or is gone.</summary>
    public void Remove(InfoHash torrent)
    {
        if (!_entries.Remove(torrent, out var entry)) return;
        entry.IsGone = true;
        _gone++;
        if (_gone > 64 + _entries.Count) Sweep();
    }

    /// <summary>A torrent rests on, and is announced by somebody else: a tracker that knows it is told goodbye.</summary>
    public void Leave(InfoHash torrent)
    {
        if (!_entries.TryGetValue(torrent, out var entry)) return;
        Remove(torrent);
        entry.HasLeft = true;
        if (entry.IsKnown) _goodbyes.Enqueue(entry);
    }

    /// <summary>The next announce to a tracker that is to be sent now, or null.</summary>
    public ToTracker? NextToTracker(TimeSpan now)
    {
        Expire(now);
        while (_flights.Count - _flightsInDht < _settings.MaxToTrackers)
        {
            if (_goodbyes.TryDequeue(out var leaver))
            {
                if (leaver.Url() is { } url) return Begin(leaver, url, AnnounceEvent.Stopped, now);
                continue;
            }

            if (_isLeaving || !_toTrackers.TryPeek(out var entry, out var due) || (!entry.IsGone && due > now)) return null;
            _toTrackers.Dequeue();
            if (entry.IsGone) continue;
            if (entry.Url() is { } next) return Begin(entry, next, entry.IsKnown ? AnnounceEvent.None : AnnounceEvent.Started, now);
            // What is written there is no tracker's address.
            if (entry.TryNextTracker()) _toTrackers.Enqueue(entry, due);
            else _toTrackers.Enqueue(entry, now + _settings.LongestRetry);
        }

        return null;
    }

    /// <summary>The next announce in the DHT that is to be sent now, or null.</summary>
    public InDht? NextInDht(TimeSpan now)
    {
        while (!_isLeaving && _flightsInDht < _settings.MaxInDht && _inDht.TryPeek(out var next, out var due) && (next.Entry.IsGone || due <= now))
        {
            _inDht.Dequeue();
            if (next.Entry.IsGone) continue;
            _flightsInDht++;
            _flights.Add(++_lastTicket, new Flight(next.Entry, AnnounceEvent.None, next.Family, now + Patience));
            return new InDht(_lastTicket, next.Entry.Torrent, next.Family, next.Entry.Left == 0);
        }

        return null;
    }

    /// <summary>When something may next have to be sent, or be given up; null when only a call can change anything. May lie in the past.</summary>
    public TimeSpan? NextWakeUp()
    {
        TimeSpan? next = _flights.Count > 0 ? _flights.Values.Min(flight => flight.Deadline) : null;
        if (_isLeaving) return next;
        if (_flights.Count - _flightsInDht < _settings.MaxToTrackers && _toTrackers.TryPeek(out _, out var toTracker)) next = Earlier(next, toTracker);
        if (_flightsInDht < _settings.MaxInDht && _inDht.TryPeek(out _, out var inDht)) next = Earlier(next, inDht);
        return next;
    }

    /// <summary>A tracker answered. The torrent, if it still rests; null for an answer that nobody waits for.</summary>
    public InfoHash? Succeeded(long ticket, AnnounceReply reply, TimeSpan now)
    {
        if (!_flights.TryGetValue(ticket, out var flight) || flight.Family >= 0) return null;
        _flights.Remove(ticket);
        var entry = flight.Entry;
        // It left while it was being announced: the tracker knows it now.
        if (entry.HasLeft && flight.Event != AnnounceEvent.Stopped && !entry.IsKnown) _goodbyes.Enqueue(entry);
        if (entry.IsGone || flight.Event == AnnounceEvent.Stopped) return null;
        entry.IsKnown = true;
        entry.Failures = 0;
        var interval = reply.Interval ?? _settings.TrackerInterval;
        interval = interval < _settings.LowestInterval ? _settings.LowestInterval : interval > _settings.HighestInterval ? _settings.HighestInterval : interval;
        _toTrackers.Enqueue(entry, now + Varied(interval));
        return entry.Torrent;
    }

    /// <summary>An announce to a tracker came to nothing: the next one is asked, after a pause once all have failed.</summary>
    public void Failed(long ticket, TimeSpan now)
    {
        if (!_flights.TryGetValue(ticket, out var flight) || flight.Family >= 0) return;
        _flights.Remove(ticket);
        var entry = flight.Entry;
        if (entry.IsGone || flight.Event == AnnounceEvent.Stopped) return;
        // The next tracker has not heard of us.
        entry.IsKnown = false;
        if (entry.TryNextTracker())
        {
            _toTrackers.Enqueue(entry, now + (_settings.FirstRetry * _random.NextDouble()));
            return;
        }

        var pause = _settings.FirstRetry * Math.Pow(2, Math.Min((int)entry.Failures, 20));
        if (entry.Failures < byte.MaxValue) entry.Failures++;
        _toTrackers.Enqueue(entry, now + Varied(pause < _settings.LongestRetry ? pause : _settings.LongestRetry));
    }

    /// <summary>An announce in the DHT has ended, well or not.</summary>
    public void DoneInDht(long ticket, TimeSpan now)
    {
        if (!_flights.TryGetValue(ticket, out var flight) || flight.Family < 0) return;
        _flights.Remove(ticket);
        _flightsInDht--;
        if (!flight.Entry.IsGone) _inDht.Enqueue((flight.Entry, flight.Family), now + Varied(_settings.DhtInterval));
    }

    /// <summary>The node stops: from now on only goodbyes are sent, to the trackers that know a torrent.</summary>
    public void SayGoodbye()
    {
        if (_isLeaving) return;
        _isLeaving = true;
        foreach (var entry in _entries.Values)
        {
            if (entry.IsKnown) _goodbyes.Enqueue(entry);
        }
    }

    private ToTracker Begin(Entry entry, TrackerUrl url, AnnounceEvent @event, TimeSpan now)
    {
        _flights.Add(++_lastTicket, new Flight(entry, @event, -1, now + Patience));
        return new ToTracker(_lastTicket, entry.Torrent, url, @event, entry.Moved, entry.Left, _key);
    }

    private void Expire(TimeSpan now)
    {
        while (_flights.FirstOrDefault(flight => flight.Value.Deadline <= now) is { Value: { } late } overdue)
        {
            if (late.Family < 0) Failed(overdue.Key, now);
            else DoneInDht(overdue.Key, now);
        }
    }

    // Torrents that were woken leave their place in the queues behind.
    private void Sweep()
    {
        var toTrackers = _toTrackers.UnorderedItems.Where(item => !item.Element.IsGone).ToList();
        _toTrackers.Clear();
        foreach (var (entry, due) in toTrackers) _toTrackers.Enqueue(entry, due);
        var inDht = _inDht.UnorderedItems.Where(item => !item.Element.Entry.IsGone).ToList();
        _inDht.Clear();
        foreach (var (place, due) in inDht) _inDht.Enqueue(place, due);
        _gone = 0;
    }

    private TimeSpan Varied(TimeSpan interval) => interval * (0.9 + (_random.NextDouble() * 0.2));

    private static TimeSpan Earlier(TimeSpan? left, TimeSpan right) => left is { } earlier && earlier < right ? earlier : right;

    private sealed record Flight(Entry Entry, AnnounceEvent Event, int Family, TimeSpan Deadline);

    /// <summary>A torrent that is announced.</summary>
    private sealed class Entry(InfoHash torrent, ImmutableArray<ImmutableArray<string>> tiers, PayloadMoved moved, long left)
    {
        private byte _tier;
        private byte _tracker;

        public InfoHash Torrent { get; } = torrent;

        /// <summary>What it moved in this process.</summary>
        public PayloadMoved Moved { get; } = moved;

        public long Left { get; } = left;

        /// <summary>Whether the present tracker has heard "started".</summary>
        public bool IsKnown { get; set; }

        public bool IsGone { get; set; }

        /// <summary>Whether it is gone because somebody else announces it.</summary>
        public bool HasLeft { get; set; }

        public byte Failures { get; set; }

        /// <summary>The present tracker, or null: what is written there is none.</summary>
        public TrackerUrl? Url() => tiers[_tier].Length > _tracker && TrackerUrl.TryParse(tiers[_tier][_tracker], out var url) ? url : null;

        /// <summary>Goes on to the next tracker. False: that was the last, and it is the first one's turn again.</summary>
        public bool TryNextTracker()
        {
            if (_tracker + 1 < Math.Min(tiers[_tier].Length, byte.MaxValue))
            {
                _tracker++;
                return true;
            }

            _tracker = 0;
            if (_tier + 1 < Math.Min(tiers.Length, byte.MaxValue))
            {
                _tier++;
                return true;
            }

            _tier = 0;
            return false;
        }
    }
}
