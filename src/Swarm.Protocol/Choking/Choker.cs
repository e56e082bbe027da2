using Swarm.Protocol.Swarming;

namespace Swarm.Protocol.Choking;

/// <summary>A peer is to be choked, or to be unchoked (BEP 3).</summary>
public readonly record struct ChokeChange(PeerKey Peer, bool Choke);

/// <summary>
/// Decides whom one torrent uploads to. Owned by the torrent's actor, which reports what peers do, calls <see cref="Round"/> every
/// <see cref="ChokerSettings.RoundInterval"/>, and sends the choke and unchoke messages that the calls answer, chokes first.
/// <para>
/// Downloading: tit for tat (BEP 3, "Choking and optimistic unchoking"). Interested peers that sent us most get the regular slots; peers that snub us get none. What is left, at least
/// <see cref="ChokerSettings.OptimisticSlots"/>, goes to peers drawn at random, new ones with a greater weight, for three rounds each. A slot
/// that nobody earns is given optimistically too, so that nobody keeps it for nothing.
/// </para>
/// <para>
/// Seeding: a round robin. A peer keeps its slot until it took its quota and had its least time, or had its longest time; then who waited longest is next, where
/// the wait of a peer that takes data fast counts up to double. So fast peers come sooner, and yet nobody waits for ever.
/// </para>
/// <para>
/// Between rounds only free slots change: one is filled at once when a peer becomes interested or a slot's owner leaves, so that a short download need not wait for a round.
/// A peer that loses interest keeps its unchoke until somebody else wants the slot.
/// </para>
/// Always holds: no more than <see cref="Slots"/> peers are unchoked, none that never was interested is, and if an interested peer is choked no slot is free
/// (nor lent to one without interest). All calls are O(peers) at most; <see cref="Round"/> sorts.
/// Times are TimeSpan ticks of a monotonic clock; they must not go back.
/// </summary>
public sealed class Choker
{
    private readonly ChokerSettings _settings;
    private readonly Random _random;
    private readonly Dictionary<PeerKey, ChokerPeer> _byKey = [];

    // In the order they joined: walks go over this list, never over the dictionary.
    private readonly List<ChokerPeer> _peers = [];
    private readonly List<ChokerPeer> _ranked = [];
    private int _unchoked;
    private int _unchokedInterested;

    /// <summary>A choker without peers, downloading, without an upload limit.</summary>
    public Choker(ChokerSettings settings, Random random)
    {
        _settings = settings;
        _random = random;
        Slots = SlotsFor(settings, bytesPerSecond: null);
    }

    /// <summary>How many peers may be unchoked.</summary>
    public int Slots { get; private set; }

    /// <summary>How many peers are unchoked.</summary>
    public int UnchokedCount => _unchoked;

    /// <summary>Whether we have all that we want, so that peers cannot give us anything back. Takes effect with the next round.</summary>
    public bool IsSeeding { get; set; }

    /// <summary>Adds the unchoked peers, in the order they joined.</summary>
    public void AddUnchokedTo(List<PeerKey> output)
    {
        foreach (var peer in _peers)
        {
            if (peer.IsUnchoked) output.Add(peer.Key);
        }
    }

    /// <summary>Whether the peer is unchoked.</summary>
    public bool IsUnchoked(PeerKey peer) => _byKey.TryGetValue(peer, out var known) && known.IsUnchoked;

    /// <summary>
    /// The slots for an upload limit (null: unlimited): as many as a fair share of it is worth having, by the rule of the first BitTorrent client
    /// (2 below 9 KiB/s, 3 below 15, 4 below 42, else the square root of 0.6 of the KiB/s), unless a number is fixed.
    /// </summary>
    public static int SlotsFor(ChokerSettings settings, long? bytesPerSecond)
    {
        if (settings.FixedSlots is { } slots) return slots;
        if (bytesPerSecond is not { } limit) return settings.UnlimitedSlots;
        var kibibytes = limit / 1024.0;
        var derived = kibibytes switch
        {
            < 9 => 2,
            < 15 => 3,
            < 42 => 4,
            _ => (int)Math.Min(10_000, Math.Sqrt(kibibytes * 0.6)),
        };
        return Math.Min(derived, settings.UnlimitedSlots);
    }

    /// <summary>Sets the upload limit from which slots are derived; null is unlimited. More slots are filled at once, fewer take effect with the next round.</summary>
    public void SetUploadLimit(long? bytesPerSecond, long nowTicks, List<ChokeChange> changes)
    {
        Slots = SlotsFor(_settings, bytesPerSecond);
        FillSlots(nowTicks, changes);
    }

    /// <summary>A peer is there: choked and not interested. False if it was there already.</summary>
    public bool PeerJoined(PeerKey peer, long nowTicks)
    {
        var joined = new ChokerPeer(peer, nowTicks);
        if (!_byKey.TryAdd(peer, joined)) return false;
        _peers.Add(joined);
        return true;
    }

    /// <summary>A peer is gone. Its slot is given on at once.</summary>
    public void PeerLeft(PeerKey peer, long nowTicks, List<ChokeChange> changes)
    {
        if (!_byKey.Remove(peer, out var known)) return;
        _peers.Remove(known);
        if (known.IsUnchoked) CountUnchoked(known, -1);
        FillSlots(nowTicks, changes);
    }

    /// <summary>A peer became interested in us or lost interest. A free slot is given at once.</summary>
    public void SetInterested(PeerKey peer, bool interested, long nowTicks, List<ChokeChange> changes)
    {
        if (!_byKey.TryGetValue(peer, out var known) || known.IsInterested == interested) return;
        if (known.IsUnchoked) CountUnchoked(known, -1);
        known.IsInterested = interested;
        if (known.IsUnchoked) CountUnchoked(known, 1);
        if (interested && !known.IsUnchoked) known.WaitingSince = nowTicks;
        FillSlots(nowTicks, changes);
    }

    /// <summary>A peer that owes us blocks sends none for long, or sends again. Takes effect with the next round.</summary>
    public void SetSnubbed(PeerKey peer, bool snubbed)
    {
        if (_byKey.TryGetValue(peer, out var known)) known.IsSnubbed = snubbed;
    }

    /// <summary>What a peer sent us and took from us since it joined, in bytes of blocks; to be reported for each before a round.</summary>
    public void Transferred(PeerKey peer, long downloadedBytes, long uploadedBytes)
    {
        if (!_byKey.TryGetValue(peer, out var known)) return;
        known.Downloaded = downloadedBytes;
        known.Uploaded = uploadedBytes;
    }

    /// <summary>Chooses anew. Changes are added, chokes first, each kind in the order the peers joined.</summary>
    public void Round(long nowTicks, List<ChokeChange> changes)
    {
        foreach (var peer in _peers)
        {
            peer.Measure(nowTicks);
            peer.IsChosen = false;
        }

        if (IsSeeding) ChooseSeeding(nowTicks);
        else ChooseDownloading(nowTicks);
        KeepIdle();
        foreach (var peer in _peers)
        {
            if (peer.IsUnchoked && !peer.IsChosen) Choke(peer, nowTicks, changes);
        }

        foreach (var peer in _peers)
        {
            if (!peer.IsUnchoked && peer.IsChosen) Unchoke(peer, nowTicks, changes);
        }
    }

    private void ChooseDownloading(long now)
    {
        _ranked.Clear();
        foreach (var peer in _peers)
        {
            if (peer.IsInterested && !peer.IsSnubbed && peer.DownloadRate > 0) _ranked.Add(peer);
        }

        _ranked.Sort(static (a, b) => CompareEarned(a, b));
        var regular = Math.Min(_ranked.Count, Math.Max(1, Slots - _settings.OptimisticSlots));
        for (var i = 0; i < regular; i++)
        {
            _ranked[i].IsChosen = true;

            // Whoever falls out of the regular slots shall not slip into an optimistic one.
            _ranked[i].UnearnedRounds = _settings.OptimisticRounds;
        }

        ChooseOptimistic(Slots - regular, now);
    }

    private void ChooseOptimistic(int slots, long now)
    {
        foreach (var peer in _peers)
        {
            if (!IsCandidate(peer) || !peer.IsUnchoked) continue;
            if (slots > 0 && ++peer.UnearnedRounds < _settings.OptimisticRounds)
            {
                peer.IsChosen = true;
                slots--;
            }
        }

        while (slots > 0 && Draw(now, unchoked: false) is { } drawn)
        {
            drawn.IsChosen = true;
            slots--;
        }

        // Nobody waits for these: whoever had his time stays.
        while (slots > 0 && Draw(now, unchoked: true) is { } again)
        {
            again.IsChosen = true;
            slots--;
        }
    }

    private void ChooseSeeding(long now)
    {
        _ranked.Clear();
        long fastest = 1;
        foreach (var peer in _peers)
        {
            if (peer.IsInterested) _ranked.Add(peer);
            fastest = Math.Max(fastest, peer.UploadRate);
        }

        _ranked.Sort((a, b) => CompareTurn(a, b, now, fastest));
        for (var i = 0; i < _ranked.Count && i < Slots; i++) _ranked[i].IsChosen = true;
    }

    /// <summary>Peers without interest stay unchoked as far as slots are free: the next request then needs no round trip.</summary>
    private void KeepIdle()
    {
        var free = Slots;
        foreach (var peer in _peers)
        {
            if (peer.IsChosen) free--;
        }

        foreach (var peer in _peers)
        {
            if (free > 0 && peer.IsUnchoked && !peer.IsInterested)
            {
                peer.IsChosen = true;
                free--;
            }
        }
    }

    private void FillSlots(long now, List<ChokeChange> changes)
    {
        while (_unchokedInterested < Slots && NextWaiting(now) is { } next)
        {
            if (_unchoked >= Slots) Choke(_peers.Find(static peer => peer.IsUnchoked && !peer.IsInterested)!, now, changes);
            Unchoke(next, now, changes);
        }
    }

    private ChokerPeer? NextWaiting(long now)
    {
        foreach (var peer in _peers) peer.IsChosen = false;
        if (!IsSeeding) return Draw(now, unchoked: false);
        ChokerPeer? next = null;
        foreach (var peer in _peers)
        {
            if (!peer.IsInterested || peer.IsUnchoked) continue;
            if (next is null || peer.WaitingSince < next.WaitingSince) next = peer;
        }

        return next;
    }

    /// <summary>Draws one of the interested peers that are not chosen and are, or are not, unchoked; null if there is none.</summary>
    private ChokerPeer? Draw(long now, bool unchoked)
    {
        var total = 0;
        foreach (var peer in _peers)
        {
            if (IsCandidate(peer) && peer.IsUnchoked == unchoked) total += WeightOf(peer, now);
        }

        if (total == 0) return null;
        var ticket = _random.Next(total);
        foreach (var peer in _peers)
        {
            if (!IsCandidate(peer) || peer.IsUnchoked != unchoked) continue;
            ticket -= WeightOf(peer, now);
            if (ticket < 0) return peer;
        }

        return null;
    }

    private static bool IsCandidate(ChokerPeer peer) => peer is { IsInterested: true, IsChosen: false };

    private int WeightOf(ChokerPeer peer, long now) => now - peer.JoinedAt < _settings.NewPeerAge.Ticks ? _settings.NewPeerWeight : 1;

    private static int CompareEarned(ChokerPeer a, ChokerPeer b)
    {
        var order = b.DownloadRate.CompareTo(a.DownloadRate);
        if (order == 0) order = b.IsUnchoked.CompareTo(a.IsUnchoked);
        return order == 0 ? a.Key.CompareTo(b.Key) : order;
    }

    private int CompareTurn(ChokerPeer a, ChokerPeer b, long now, long fastest)
    {
        var (keepsA, keepsB) = (KeepsTurn(a, now), KeepsTurn(b, now));
        var order = keepsB.CompareTo(keepsA);
        if (order == 0) order = keepsA ? a.UnchokedAt.CompareTo(b.UnchokedAt) : WaitOf(b, now, fastest).CompareTo(WaitOf(a, now, fastest));
        return order == 0 ? a.Key.CompareTo(b.Key) : order;
    }

    private bool KeepsTurn(ChokerPeer peer, long now)
    {
        if (!peer.IsUnchoked) return false;
        var time = now - peer.UnchokedAt;
        if (time >= _settings.SeedMaxTime.Ticks) return false;
        return time < _settings.SeedMinTime.Ticks || peer.Uploaded - peer.UploadedAtUnchoke < _settings.SeedQuotaBytes;
    }

    /// <summary>How long a peer has waited; that of the fastest counts double. A peer whose turn is over waits since now, and so comes last.</summary>
    private static double WaitOf(ChokerPeer peer, long now, long fastest) =>
        peer.IsUnchoked ? -1 : (now - peer.WaitingSince) * (1 + ((double)peer.UploadRate / fastest));

    private void Unchoke(ChokerPeer peer, long now, List<ChokeChange> changes)
    {
        peer.IsUnchoked = true;
        peer.UnchokedAt = now;
        peer.UploadedAtUnchoke = peer.Uploaded;
        peer.UnearnedRounds = 0;
        CountUnchoked(peer, 1);
        changes.Add(new ChokeChange(peer.Key, Choke: false));
    }

    private void Choke(ChokerPeer peer, long now, List<ChokeChange> changes)
    {
        peer.IsUnchoked = false;
        peer.WaitingSince = now;
        CountUnchoked(peer, -1);
        changes.Add(new ChokeChange(peer.Key, Choke: true));
    }

    private void CountUnchoked(ChokerPeer peer, int change)
    {
        _unchoked += change;
        if (peer.IsInterested) _unchokedInterested += change;
    }
}
