using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>A request to send: this piece of the metadata, of this peer.</summary>
public readonly record struct MetadataRequest(int Peer, int Piece);

/// <summary>What a Data message brought.</summary>
public enum MetadataProgress
{
    /// <summary>Not asked of this peer, of a wrong length or of another size: dropped.</summary>
    Ignored,

    /// <summary>A piece more.</summary>
    Piece,

    /// <summary>The last piece, but the whole does not hash to the target. See <see cref="MetadataAssembly.TakeLiars"/>.</summary>
    Mismatch,

    /// <summary>The last piece: <see cref="MetadataAssembly.Metadata"/> is there and right.</summary>
    Complete,
}

/// <summary>
/// Fetches an info dictionary from several peers that may lie (BEP 9). Owned by the <c>metadata</c> actor, which tells it of peers and their
/// messages, and calls <see cref="NextRequests"/> after each and on its tick.
/// <para>
/// A size is only what a peer claims, so peers are grouped by claimed size and one group is tried at a time: first the one with the least
/// failures, then the largest, then the smaller size. Within a group pieces are asked of all peers. If the whole does not match, either one
/// peer sent it all and is the liar, or the group is tried again with one peer at a time; once the truth is known, the hashes of the failed
/// try show who lied in it. A group, or a lone peer, that makes no progress in time gives way to another.
/// </para>
/// Always holds: nothing is believed before the hash; one attempt's pieces are in memory, and no more than came; a peer has at most
/// <see cref="WireSettings.MaxMetadataRequestsPerPeer"/> requests; at most <see cref="WireSettings.MaxMetadataPeers"/> peers are known, more
/// are left out (the actor may tell of them again). Peers are numbers of the caller's. Order of peers is order of joining.
/// </summary>
public sealed class MetadataAssembly
{
    private readonly MetadataTarget _target;
    private readonly WireSettings _settings;
    private readonly List<Candidate> _peers = [];
    private readonly List<SizeRecord> _sizes = [];
    private readonly List<int> _liars = [];
    private List<MetadataSuspect> _suspects = [];
    private MetadataAttempt? _attempt;

    /// <summary>Nothing is known but the hash.</summary>
    public MetadataAssembly(MetadataTarget target, WireSettings settings)
    {
        _target = target;
        _settings = settings;
    }

    /// <summary>The info dictionary, exactly as it hashes, or null.</summary>
    public ReadOnlyMemory<byte>? Metadata { get; private set; }

    /// <summary>Pieces of the attempt under way that are here.</summary>
    public int PiecesReceived => _attempt?.Received ?? 0;

    /// <summary>Pieces of the attempt under way, 0 if there is none.</summary>
    public int PiecesTotal => _attempt?.PieceCount ?? 0;

    /// <summary>How many whole dictionaries did not match.</summary>
    public int Mismatches { get; private set; }

    /// <summary>
    /// A peer that takes ut_metadata is there, or said something new about the size. Null: it has no metadata yet. False if there are too many.
    /// </summary>
    public bool PeerChanged(int peer, int? size)
    {
        if (size is < 1 || size > _settings.MaxMetadataSize) size = null;
        var known = Find(peer);
        if (known is null)
        {
            if (_peers.Count >= _settings.MaxMetadataPeers) return false;
            _peers.Add(new Candidate(peer) { Size = size });
        }
        else if (known.Size != size)
        {
            known.Size = size;
            Release(peer);
        }

        return true;
    }

    /// <summary>A peer is gone.</summary>
    public void PeerLeft(int peer)
    {
        _peers.RemoveAll(candidate => candidate.Id == peer);
        Release(peer);
    }

    /// <summary>A piece came.</summary>
    public MetadataProgress Data(int peer, int piece, int totalSize, ReadOnlySpan<byte> bytes, long nowTicks)
    {
        if (_attempt is not { } attempt || Find(peer) is not { } candidate || !attempt.IsAsked(piece, peer)) return MetadataProgress.Ignored;
        if (bytes.Length != attempt.LengthOf(piece) || (totalSize != 0 && totalSize != attempt.Size))
        {
            // It contradicts its own handshake; what it says now may be true.
            if (totalSize != 0 && totalSize != attempt.Size) PeerChanged(peer, totalSize);
            BackOff(candidate, nowTicks);
            return MetadataProgress.Ignored;
        }

        attempt.Take(piece, bytes);
        return attempt.IsWhole ? Finish(attempt) : MetadataProgress.Piece;
    }

    /// <summary>A peer rejects: it has no metadata yet, or enough of us. It is left alone for <see cref="WireSettings.MetadataBackoff"/>.</summary>
    public void Rejected(int peer, int piece, long nowTicks)
    {
        if (_attempt?.IsAsked(piece, peer) == true && Find(peer) is { } candidate) BackOff(candidate, nowTicks);
    }

    /// <summary>Gives up what is overdue and adds what is to be asked now to <paramref name="requests"/>. They count as sent.</summary>
    public void NextRequests(long nowTicks, List<MetadataRequest> requests)
    {
        if (Metadata is not null) return;
        while (_attempt?.TryExpire(nowTicks - _settings.MetadataRequestTimeout.Ticks, out var late) == true)
        {
            if (Find(late) is { } candidate) BackOff(candidate, nowTicks);
        }

        ChooseAttempt(nowTicks);
        if (_attempt is not { } attempt) return;
        // One a round for each, so that the pieces spread over the peers before anyone has two.
        for (var round = 0; round < _settings.MaxMetadataRequestsPerPeer; round++)
        {
            foreach (var peer in _peers)
            {
                if (!MayBeAsked(peer, attempt, nowTicks) || attempt.AskedOf(peer.Id) > round) continue;
                var piece = attempt.NextMissing();
                if (piece < 0) return;
                attempt.Ask(piece, peer.Id, nowTicks);
                requests.Add(new MetadataRequest(peer.Id, piece));
            }
        }
    }

    /// <summary>When <see cref="NextRequests"/> is to be called at the latest, in ticks, or null if only an event can change anything.</summary>
    public long? NextDeadline(long nowTicks)
    {
        if (Metadata is not null) return null;
        var next = long.MaxValue;
        if (_attempt is { } attempt)
        {
            next = attempt.OldestTicks() + _settings.MetadataRequestTimeout.Ticks ?? next;
            var turn = attempt.BeganTicks + PatienceWith(attempt);
            if (turn > nowTicks) next = Math.Min(next, turn);
        }

        foreach (var peer in _peers)
        {
            if (peer.NotBeforeTicks > nowTicks) next = Math.Min(next, peer.NotBeforeTicks);
        }

        return next == long.MaxValue ? null : next;
    }

    /// <summary>Peers that are proven to have lied, each once. They are not asked again under the same number.</summary>
    public int[] TakeLiars()
    {
        int[] liars = [.. _liars];
        _liars.Clear();
        return liars;
    }

    private MetadataProgress Finish(MetadataAttempt attempt)
    {
        _attempt = null;
        var whole = attempt.Join();
        if (_target.Matches(whole))
        {
            Metadata = whole;
            ConvictSuspects(whole);
            return MetadataProgress.Complete;
        }

        Mismatches++;
        RecordOf(attempt.Size).Mismatches++;
        if (attempt.IsFromOnePeer(out var liar)) Convict(liar);
        else _suspects = [.. attempt.Suspects()];
        return MetadataProgress.Mismatch;
    }

    /// <summary>Compares the last failed attempt of many peers with the truth.</summary>
    private void ConvictSuspects(byte[] truth)
    {
        foreach (var suspect in _suspects)
        {
            var start = suspect.Piece * MetadataMessage.PieceSize;
            var length = Math.Clamp(truth.Length - start, 0, MetadataMessage.PieceSize);
            if (length == 0 || new Bytes20(SHA1.HashData(truth.AsSpan(start, length))) != suspect.Hash) Convict(suspect.Peer);
        }

        _suspects = [];
    }

    private void Convict(int peer)
    {
        if (Find(peer) is not { IsLiar: false } candidate) return;
        candidate.IsLiar = true;
        _liars.Add(peer);
    }

    /// <summary>Keeps the attempt under way while it can go on; otherwise, or when it takes too long and there is another, chooses anew.</summary>
    private void ChooseAttempt(long nowTicks)
    {
        if (_attempt is { } attempt)
        {
            var isStuck = attempt.OldestTicks() is null && !_peers.Exists(peer => MayBeAsked(peer, attempt, nowTicks));
            if (!isStuck && nowTicks - attempt.BeganTicks < PatienceWith(attempt)) return;
            if (BestPeer(nowTicks, except: attempt) is null) return;
            RecordOf(attempt.Size).Stalls++;
            if (attempt.Only is { } only && Find(only) is { } lone) lone.Tries++;
            _attempt = null;
        }

        if (BestPeer(nowTicks, except: null) is not { Size: { } size } best) return;
        var isSuspicious = RecordOf(size).Mismatches > 0;
        if (isSuspicious) best.Tries++;
        _attempt = new MetadataAttempt(size, isSuspicious ? best.Id : null, nowTicks);
    }

    /// <summary>The peer to try: of the best group of sizes the one tried least. Not one that <paramref name="except"/> uses already.</summary>
    private Candidate? BestPeer(long nowTicks, MetadataAttempt? except)
    {
        Candidate? best = null;
        (int Failures, int Few, int Size, int Tries) bestRank = default;
        foreach (var peer in _peers)
        {
            if (peer.IsLiar || peer.Size is not { } size || peer.NotBeforeTicks > nowTicks) continue;
            if (except is not null && except.Size == size && (except.Only is null || except.Only == peer.Id)) continue;
            var record = RecordOf(size);
            var rank = (record.Mismatches + record.Stalls, -_peers.Count(other => !other.IsLiar && other.Size == size), size, peer.Tries);
            if (best is not null && rank.CompareTo(bestRank) >= 0) continue;
            best = peer;
            bestRank = rank;
        }

        return best;
    }

    private long PatienceWith(MetadataAttempt attempt) => _settings.MetadataAttemptTimeout.Ticks << Math.Min(RecordOf(attempt.Size).Stalls, 6);

    private static bool MayBeAsked(Candidate peer, MetadataAttempt attempt, long nowTicks) =>
        !peer.IsLiar && peer.Size == attempt.Size && peer.NotBeforeTicks <= nowTicks && (attempt.Only ?? peer.Id) == peer.Id;

    private void BackOff(Candidate peer, long nowTicks)
    {
        peer.NotBeforeTicks = nowTicks + _settings.MetadataBackoff.Ticks;
        Release(peer.Id);
    }

    private void Release(int peer) => _attempt?.Release(peer);

    private Candidate? Find(int peer) => _peers.Find(candidate => candidate.Id == peer);

    /// <summary>What is known of a size. As many are remembered as there may be peers; the oldest is forgotten first.</summary>
    private SizeRecord RecordOf(int size)
    {
        if (_sizes.Find(known => known.Size == size) is { } record) return record;
        if (_sizes.Count >= _settings.MaxMetadataPeers) _sizes.RemoveAt(0);
        record = new SizeRecord(size);
        _sizes.Add(record);
        return record;
    }

    private sealed class Candidate(int id)
    {
        public int Id => id;
        public int? Size { get; set; }
        public long NotBeforeTicks { get; set; }
        public int Tries { get; set; }
        public bool IsLiar { get; set; }
    }

    private sealed class SizeRecord(int size)
    {
        public int Size => size;
        public int Mismatches { get; set; }
        public int Stalls { get; set; }
    }
}
