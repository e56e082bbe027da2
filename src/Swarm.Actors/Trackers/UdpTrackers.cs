using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>
/// The node's conversations with UDP trackers: a socket for each family, opened when first needed, and one <see cref="UdpTrackerSession"/> for each address, so that
/// all torrents of a tracker share its connection id. A part of <see cref="TrackersActor"/>, called on its turns only.
///
/// The socket is the one that the node's other protocols use, or, where the settings name no port or it is not to be had, one of its own.
/// A socket that cannot be opened fails what waits for it; the next request tries again. Datagrams from addresses without a conversation are counted and ignored.
/// Conversations are bounded: a new one takes the place of one that has nothing under way.
/// </summary>
internal sealed class UdpTrackers(IUdp udp, IActorRef owner, TrackersSettings settings, Random random)
{
    private readonly Dictionary<UdpAddress, Conversation> _byAddress = [];
    private readonly List<Conversation> _conversations = [];
    private readonly Queue<UdpTrackerResult> _results = [];
    private readonly Socket _v4 = new(settings.LocalV4);
    private readonly Socket _v6 = new(settings.LocalV6);

    /// <summary>Datagrams that belonged to no conversation or answered nothing.</summary>
    public long IgnoredDatagrams { get; private set; }

    /// <summary>Datagrams the kernel would not take; retransmission makes up for them.</summary>
    public long UnsentDatagrams { get; private set; }

    /// <summary>When the next timeout passes; null when nothing is under way.</summary>
    public TimeSpan? NextWakeUp
    {
        get
        {
            TimeSpan? next = null;
            foreach (var conversation in _conversations)
            {
                if (conversation.Session.NextWakeUp is { } at && (next is null || at < next)) next = at;
            }

            return next;
        }
    }

    /// <summary>Announces. False if this address, or all addresses, have as much under way as is allowed.</summary>
    public bool TryAnnounce(long token, UdpAddress tracker, AnnounceRequest request, string urlData, TimeSpan now)
    {
        if (Find(tracker) is not { } conversation || !conversation.Session.TryAnnounce(token, request, urlData, now)) return false;
        Flush(conversation);
        return true;
    }

    /// <summary>Scrapes. False if this address, or all addresses, have as much under way as is allowed.</summary>
    public bool TryScrape(long token, UdpAddress tracker, ImmutableArray<InfoHash> infoHashes, TimeSpan now)
    {
        if (Find(tracker) is not { } conversation || !conversation.Session.TryScrape(token, infoHashes, now)) return false;
        Flush(conversation);
        return true;
    }

    /// <summary>A socket stands: what waited for it goes out.</summary>
    public void Opened(IUdp.Opened opened)
    {
        var socket = SocketOf(opened.Requested.AddressFamily);
        socket.IsOpening = false;
        socket.Open = opened.Socket;
        foreach (var conversation in _conversations) Flush(conversation);
    }

    /// <summary>A socket does not stand: what waited for it gets one at another port, or fails.</summary>
    public void OpenFailed(IUdp.OpenFailed failed)
    {
        if (failed.Requested.Port != 0)
        {
            udp.Open(new IPEndPoint(failed.Requested.Address, 0), DatagramKind.TrackerReply, owner);
            return;
        }

        var socket = SocketOf(failed.Requested.AddressFamily);
        socket.IsOpening = false;
        foreach (var conversation in _conversations)
        {
            if (conversation.Socket != socket) continue;
            conversation.Session.FailAll(new TrackerFailure(TrackerFailureKind.Unreachable, $"No UDP socket at {failed.Requested}: {failed.Reason}"));
            Flush(conversation);
        }
    }

    /// <summary>Datagrams came.</summary>
    public void Received(UdpBatch batch, TimeSpan now)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (!_byAddress.TryGetValue(batch.Remote(i), out var conversation))
            {
                IgnoredDatagrams++;
                continue;
            }

            var before = conversation.Session.IgnoredPackets;
            conversation.Session.Receive(batch.Bytes(i), now);
            IgnoredDatagrams += conversation.Session.IgnoredPackets - before;
            Flush(conversation);
        }
    }

    /// <summary>Retransmits and gives up what is due.</summary>
    public void Tick(TimeSpan now)
    {
        foreach (var conversation in _conversations)
        {
            if (conversation.Session.NextWakeUp > now) continue;
            conversation.Session.Tick(now);
            Flush(conversation);
        }
    }

    /// <summary>The next result; false if there is none.</summary>
    public bool TryTakeResult([NotNullWhen(true)] out UdpTrackerResult? result) => _results.TryDequeue(out result);

    /// <summary>Closes the sockets.</summary>
    public void Close()
    {
        if (_v4.IsOpening || _v6.IsOpening || _v4.Open is not null || _v6.Open is not null) udp.Close(owner);
    }

    private Conversation? Find(UdpAddress tracker)
    {
        if (!_byAddress.TryGetValue(tracker, out var conversation))
        {
            if (_conversations.Count >= settings.MaxUdpTrackers && !TryForgetIdle()) return null;
            var session = new UdpTrackerSession(tracker.Family, settings.Udp, settings.Replies, random);
            conversation = new Conversation(tracker, session, SocketOf(tracker.Family));
            _byAddress.Add(tracker, conversation);
            _conversations.Add(conversation);
        }

        var socket = conversation.Socket;
        if (socket is { Open: null, IsOpening: false, Local: { } local })
        {
            socket.IsOpening = true;
            udp.Open(local, DatagramKind.TrackerReply, owner);
        }

        return conversation;
    }

    private bool TryForgetIdle()
    {
        var idle = _conversations.FindIndex(conversation => conversation.Session.PendingCount == 0);
        if (idle < 0) return false;
        _byAddress.Remove(_conversations[idle].Tracker);
        _conversations.RemoveAt(idle);
        return true;
    }

    private void Flush(Conversation conversation)
    {
        while (conversation.Session.TryTakeResult(out var result)) _results.Enqueue(result);
        if (conversation.Socket.Open is not { } socket) return;
        while (conversation.Session.TryTakePacket(out var packet))
        {
            if (!socket.Send(conversation.Tracker, packet.Span)) UnsentDatagrams++;
        }
    }

    private Socket SocketOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? _v6 : _v4;

    private sealed record Conversation(UdpAddress Tracker, UdpTrackerSession Session, Socket Socket);

    private sealed class Socket(IPEndPoint? local)
    {
        public IPEndPoint? Local { get; } = local;

        public bool IsOpening { get; set; }

        public IUdpSocket? Open { get; set; }
    }
}
