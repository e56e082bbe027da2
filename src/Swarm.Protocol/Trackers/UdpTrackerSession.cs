using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>
/// The conversation with one address of a UDP tracker (BEP 15), shared by all torrents that use it.
///
/// Owns: the connection id and its age, the requests in flight, their transaction ids and timeouts. Does no I/O: the caller hands in packets that
/// came from this address and the time (any origin, never backwards), and then takes out the packets to send and the results. It calls
/// <see cref="Tick"/> no later than <see cref="NextWakeUp"/>.
///
/// What always holds: a request is in flight until its one result is put out or it is abandoned; a connection id is used for
/// <see cref="UdpTrackerSettings.ConnectionLifetime"/> after its arrival and never longer; one connect is in flight at most, however many
/// requests wait for it, and it is repeated no sooner than the base timeout. The n of the timeout 15 · 2^n belongs to the request and
/// counts on through reconnects, so every request ends.
///
/// What can go wrong: packets that answer nothing, or with another action, are counted and ignored (they may be forged); an error that speaks of
/// the connection makes the request reconnect, once; a reply too short for its action fails the request at once.
/// </summary>
public sealed class UdpTrackerSession
{
    private readonly AddressFamily _family;
    private readonly UdpTrackerSettings _settings;
    private readonly TrackerReplyLimits _limits;
    private readonly Random _random;
    private readonly List<Pending> _pending = [];
    private readonly Queue<ReadOnlyMemory<byte>> _packets = [];
    private readonly Queue<UdpTrackerResult> _results = [];
    private Connection? _connection;
    private Connecting? _connecting;

    /// <summary>A session without a connection id yet.</summary>
    public UdpTrackerSession(AddressFamily family, UdpTrackerSettings settings, TrackerReplyLimits limits, Random random)
    {
        _family = family;
        _settings = settings;
        _limits = limits;
        _random = random;
    }

    /// <summary>Requests in flight, those that wait for a connection id included.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Packets that answered nothing.</summary>
    public long IgnoredPackets { get; private set; }

    /// <summary>Requests refused because <see cref="UdpTrackerSettings.MaxPending"/> were in flight.</summary>
    public long RejectedRequests { get; private set; }

    /// <summary>When the next timeout passes; null when nothing is in flight.</summary>
    public TimeSpan? NextWakeUp
    {
        get
        {
            TimeSpan? next = null;
            foreach (var pending in _pending)
            {
                if (next is null || pending.Deadline < next) next = pending.Deadline;
            }

            return next;
        }
    }

    /// <summary>Sends an announce, as soon as there is a connection id. False if too many requests are in flight.</summary>
    /// <param name="token">Comes back with the result; unique among the requests in flight.</param>
    /// <param name="request">What to say; its family is this session's.</param>
    /// <param name="urlData">Path and query of the tracker's URL (BEP 41).</param>
    /// <param name="now">The time.</param>
    public bool TryAnnounce(long token, AnnounceRequest request, string urlData, TimeSpan now) =>
        TryAdd(new Pending(token, NewTransactionId(), UdpTrackerAction.Announce)
        {
            Announce = request.Family == _family ? request : request with { Family = _family },
            UrlData = urlData,
            MaxRetransmissions = request.Event == AnnounceEvent.Stopped ? _settings.MaxStoppedRetransmissions : _settings.MaxRetransmissions,
        }, now);

    /// <summary>Sends a scrape of 1 to <see cref="UdpTrackerCodec.MaxScrapeHashes"/> torrents. False if too many requests are in flight.</summary>
    public bool TryScrape(long token, ImmutableArray<InfoHash> infoHashes, TimeSpan now) =>
        TryAdd(new Pending(token, NewTransactionId(), UdpTrackerAction.Scrape) { Scrape = infoHashes, MaxRetransmissions = _settings.MaxRetransmissions }, now);

    /// <summary>Forgets a request: it will have no result, and no packet is sent for it any more.</summary>
    public void Abandon(long token) => _pending.RemoveAll(pending => pending.Token == token);

    /// <summary>Ends every request in flight with one failure: nothing can be sent to this tracker.</summary>
    public void FailAll(TrackerFailure failure)
    {
        foreach (var pending in _pending) _results.Enqueue(new UdpTrackerResult.Failed(pending.Token, failure));
        _pending.Clear();
        _packets.Clear();
        _connecting = null;
    }

    /// <summary>Takes in a packet that came from this tracker's address.</summary>
    public void Receive(ReadOnlySpan<byte> packet, TimeSpan now)
    {
        if (!UdpTrackerCodec.TryReadHeader(packet, out var action, out var transactionId)) IgnoredPackets++;
        else if (_connecting is { } connecting && connecting.TransactionId == transactionId) ReceiveConnect(packet, action, now);
        else if (_pending.Find(pending => pending.TransactionId == transactionId && pending.WasSent) is { } pending) ReceiveReply(packet, action, pending, now);
        else IgnoredPackets++;
    }

    /// <summary>Retransmits and gives up what is due.</summary>
    public void Tick(TimeSpan now)
    {
        for (var i = 0; i < _pending.Count;)
        {
            var pending = _pending[i];
            if (pending.Deadline > now)
            {
                i++;
            }
            else if (pending.Attempt >= pending.MaxRetransmissions)
            {
                var what = pending.WaitsForConnection ? "to the connect" : $"to the {pending.Name}";
                Fail(pending, TrackerFailureKind.Timeout, $"The tracker did not answer {what} after {pending.Attempt + 1} tries.");
            }
            else
            {
                pending.Attempt++;
                Send(pending, now);
                i++;
            }
        }
    }

    /// <summary>The next packet to send to the tracker; false if there is none.</summary>
    public bool TryTakePacket(out ReadOnlyMemory<byte> packet) => _packets.TryDequeue(out packet);

    /// <summary>The next result; false if there is none.</summary>
    public bool TryTakeResult([NotNullWhen(true)] out UdpTrackerResult? result) => _results.TryDequeue(out result);

    private bool TryAdd(Pending pending, TimeSpan now)
    {
        if (_pending.Count >= _settings.MaxPending)
        {
            RejectedRequests++;
            return false;
        }

        _pending.Add(pending);
        Send(pending, now);
        return true;
    }

    private void Send(Pending pending, TimeSpan now)
    {
        pending.Deadline = now + (_settings.BaseTimeout * (1 << pending.Attempt));
        if (_connection is { } connection && now - connection.ArrivedAt < _settings.ConnectionLifetime)
        {
            pending.WaitsForConnection = false;
            pending.WasSent = true;
            pending.ConnectionId = connection.Id;
            _packets.Enqueue(pending.Action == UdpTrackerAction.Announce
                ? UdpTrackerCodec.Announce(connection.Id, pending.TransactionId, pending.Announce!, pending.UrlData)
                : UdpTrackerCodec.Scrape(connection.Id, pending.TransactionId, pending.Scrape));
            return;
        }

        pending.WaitsForConnection = true;
        Connect(now);
    }

    private void Connect(TimeSpan now)
    {
        if (_connecting is { } connecting && now - connecting.SentAt < _settings.BaseTimeout) return;
        _connecting = new Connecting(_connecting?.TransactionId ?? NewTransactionId(), now);
        _packets.Enqueue(UdpTrackerCodec.Connect(_connecting.Value.TransactionId));
    }

    private void ReceiveConnect(ReadOnlySpan<byte> packet, UdpTrackerAction action, TimeSpan now)
    {
        if (action == UdpTrackerAction.Error)
        {
            _connecting = null;
            var text = UdpTrackerCodec.ReadError(packet, _limits);
            foreach (var pending in _pending.FindAll(pending => pending.WaitsForConnection)) FailRefused(pending, text);
        }
        else if (action != UdpTrackerAction.Connect || !UdpTrackerCodec.TryReadConnect(packet, out var connectionId))
        {
            IgnoredPackets++;
        }
        else
        {
            _connecting = null;
            _connection = new Connection(connectionId, now);
            foreach (var pending in _pending)
            {
                if (pending.WaitsForConnection) Send(pending, now);
            }
        }
    }

    private void ReceiveReply(ReadOnlySpan<byte> packet, UdpTrackerAction action, Pending pending, TimeSpan now)
    {
        if (action == UdpTrackerAction.Error) ReceiveError(UdpTrackerCodec.ReadError(packet, _limits), pending, now);
        else if (action != pending.Action) IgnoredPackets++;
        else if (action == UdpTrackerAction.Announce && UdpTrackerCodec.ReadAnnounce(packet, _family, _limits) is { } reply)
            Finish(pending, new UdpTrackerResult.Announced(pending.Token, reply));
        else if (action == UdpTrackerAction.Scrape && UdpTrackerCodec.ReadScrape(packet, pending.Scrape) is { } entries)
            Finish(pending, new UdpTrackerResult.Scraped(pending.Token, entries));
        else
            Fail(pending, TrackerFailureKind.Malformed, $"The tracker's reply of {packet.Length} bytes is too short for the {pending.Name}; it may not serve this torrent.");
    }

    private void ReceiveError(string text, Pending pending, TimeSpan now)
    {
        // "Connection ID mismatch", in many spellings: the tracker restarted, or our id grew old on its clock.
        if (pending.HasReconnected || !text.Contains("connection", StringComparison.OrdinalIgnoreCase))
        {
            FailRefused(pending, text);
            return;
        }

        // A new transaction id, so that a second error to a retransmitted packet does not end what the reconnect is about to save.
        pending.HasReconnected = true;
        pending.TransactionId = NewTransactionId();
        pending.WasSent = false;
        if (_connection?.Id == pending.ConnectionId) _connection = null;
        Send(pending, now);
    }

    private void FailRefused(Pending pending, string text) =>
        Fail(pending, TrackerFailureKind.Refused, text.Length == 0 ? "The tracker refused without a reason." : text);

    private void Fail(Pending pending, TrackerFailureKind kind, string message) =>
        Finish(pending, new UdpTrackerResult.Failed(pending.Token, new TrackerFailure(kind, message)));

    private void Finish(Pending pending, UdpTrackerResult result)
    {
        _pending.Remove(pending);
        _results.Enqueue(result);
    }

    private uint NewTransactionId()
    {
        var id = (uint)_random.NextInt64(1L << 32);
        while (_connecting?.TransactionId == id || _pending.Exists(pending => pending.TransactionId == id)) id++;
        return id;
    }

    private readonly record struct Connection(ulong Id, TimeSpan ArrivedAt);

    private readonly record struct Connecting(uint TransactionId, TimeSpan SentAt);

    private sealed class Pending(long token, uint transactionId, UdpTrackerAction action)
    {
        public long Token { get; } = token;

        public uint TransactionId { get; set; } = transactionId;

        public UdpTrackerAction Action { get; } = action;

        public AnnounceRequest? Announce { get; init; }

        public string UrlData { get; init; } = "";

        public ImmutableArray<InfoHash> Scrape { get; init; } = [];

        public int MaxRetransmissions { get; init; }

        public int Attempt { get; set; }

        public TimeSpan Deadline { get; set; }

        public bool WaitsForConnection { get; set; }

        /// <summary>Whether a reply to it may come: also while it waits for its next connection id.</summary>
        public bool WasSent { get; set; }

        public ulong ConnectionId { get; set; }

        public bool HasReconnected { get; set; }

        public string Name => Action == UdpTrackerAction.Announce ? "announce" : "scrape";
    }
}
