using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Security;

namespace Swarm.Actors.Dht;

// What comes in, and what follows from it at once.
public sealed partial class DhtActor
{
    private const int MaxSeen = 4_096;

    private readonly byte[] _answer = new byte[1_472];

    // When a node of the table that asked us was last noted as seen. Only looked up, never walked.
    private readonly Dictionary<UdpAddress, long> _seenAt = [];
    private long _received;
    private long _receivedBytes;
    private long _malformed;
    private long _unsent;
    private long _dropped;

    private void OnDatagrams(UdpBatch batch)
    {
        try
        {
            var now = Now();
            for (var i = 0; i < batch.Count; i++) OnDatagram(batch.Bytes(i), batch.Remote(i), now);
        }
        finally
        {
            batch.Release();
        }
    }

    private void OnDatagram(ReadOnlySpan<byte> datagram, UdpAddress from, long now)
    {
        _received++;
        _receivedBytes += datagram.Length;
        if (!KrpcDecoder.TryDecode(datagram, _settings.Krpc, out var message)) _malformed++;
        else if (message.Kind == KrpcKind.Query) OnQuery(message, from, datagram.Length, now);
        else OnAnswer(message, from, now);
    }

    private void OnQuery(in KrpcMessage query, UdpAddress from, int size, long now)
    {
        var written = _responder.Answer(query, from, size, now, _answer);
        if (written == 0) return;
        _sender.Queue(from, _answer.AsSpan(0, written));
        if (!query.IsReadOnly && query.Id is { } id) NoteQuerier(new NodeContact(id, from), now);
    }

    // A node of the table counts as seen; one that would have a place there is pinged, for it gets in by its answer.
    private void NoteQuerier(NodeContact contact, long now)
    {
        var bucket = Table.BucketOf(contact.Id);
        if (!bucket.Nodes.Contains(contact))
        {
            if (contact.Id != Table.Own && (bucket.Nodes.Length < _settings.Routing.BucketSize || Table.MaySplit(bucket.Range))) _newcomers.Add(contact.Address, contact.Address);
            return;
        }

        if (_seenAt.TryGetValue(contact.Address, out var at) && now - at < _settings.SeenInterval.Ticks) return;
        if (_seenAt.Count >= MaxSeen) _seenAt.Clear();
        _seenAt[contact.Address] = now;
        _buckets.Note(contact, BucketActor.Deed.Queried);
    }

    private void OnAnswer(in KrpcMessage message, UdpAddress from, long now)
    {
        if (_sender.Transactions.TryComplete(message.TransactionId, from, now, out var owner, out var roundTrip) != TransactionMatch.Answered) return;
        _guard.Prove(from, now);
        if (message is { Kind: KrpcKind.Reply, Id: { } id }) _buckets.Note(new NodeContact(id, from), BucketActor.Deed.Replied);
        owner!.Replied(from, message, roundTrip);
        if (message.Kind == KrpcKind.Reply) PassOn(message, from);
        if (message.ExternalAddress is { } external && _voter.Add(from, external, now)) OnExternalAddress(_voter.Current!.Value);
    }

    // Enough others see us there. Our id must fit (BEP 42).
    private void OnExternalAddress(UdpAddress external)
    {
        _filter.AddOwn(external.WithPort(_sender.Socket?.Local.Port ?? 0));
        LogExternal(_log, external);
        if (SecureNodeId.Matches(Table.Own, external)) return;
        _buckets.Rehome(SecureNodeId.Create(external, _random), Now());
        TableChanged();
        LogNewId(_log, Table.Own);
        Run(new FindNodeTask(NewTableLookup(Table.Own), Touch, Now()));
    }

    // Time-outs are kept, waiting queries sent, newcomers pinged.
    private void OnPulse()
    {
        _pulsing = false;
        var now = Now();
        while (_sender.Transactions.TryTakeStalled(now, out var owner, out var address)) owner!.Stalled(address);
        while (_sender.Transactions.TryTakeTimedOut(now, out var owner, out var address))
        {
            if (owner is LivenessPing ping) _buckets.Note(ping.Contact, BucketActor.Deed.Failed);
            else if (Table.NodeAt(address) is { } contact) _buckets.Note(contact, BucketActor.Deed.Failed);
            owner!.Failed(address);
        }

        PingAgain(now);
        for (var left = _settings.NewcomersPerPulse; left > 0 && _newcomers.TryTake(_sender.Pacer, now, out var newcomer); left--) SendPing(newcomer, NewcomerPing.Instance, now);
        foreach (var task in _running) Touch(task);
    }

    // After every message: what has moved goes on, buckets hear what their nodes did, answers and queries leave.
    private void Settle()
    {
        for (var i = 0; i < _touched.Count; i++)
        {
            _touched[i].IsTouched = false;
            Advance(_touched[i]);
        }

        _touched.Clear();
        _buckets.Flush();
        if (_sender.Socket is { } socket) _unsent += socket.Flush();
        if (_pulsing || (_running.Count == 0 && _sender.Transactions.Count == 0 && (_newcomers.Count == 0 || _sender.Socket is null))) return;
        _pulsing = true;
        Timers.StartSingleTimer(Pulsed.Instance, Pulsed.Instance, _settings.Pulse);
    }

    private bool SendPing(UdpAddress to, IQueryOwner owner, long now) =>
        _sender.TrySend(to, owner, new KrpcQuery { Method = KrpcMethod.Ping, TransactionId = [], Id = default }, now);

    [LoggerMessage(Level = LogLevel.Information, Message = "Others see this node at {External}")]
    private static partial void LogExternal(ILogger log, UdpAddress external);

    [LoggerMessage(Level = LogLevel.Information, Message = "The DHT's id is {Id} now")]
    private static partial void LogNewId(ILogger log, NodeId id);
}
