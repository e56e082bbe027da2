using System.Collections.Immutable;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Dht;

// Commands: they wait for their turn, run as tasks, and are answered.
public sealed partial class DhtActor
{
    // Nodes a lookup begins with: two answers' worth, so that a few dead ones do not stop it.
    private const int LookupStart = 16;

    private readonly List<DhtTask> _running = [];
    private readonly List<DhtTask> _touched = [];
    private readonly List<CommandedPing> _pings = [];
    private readonly Queue<(object Command, IActorRef Requester)> _waiting = new();
    private readonly Queue<(Ping Command, IActorRef Requester)> _waitingPings = new();

    private void Admit(object command, IActorRef requester)
    {
        var refusal = _openFailure is { } reason ? $"the DHT has no socket: {reason}" : IsHopeless ? "no node of the DHT is known" : _waiting.Count >= _settings.MaxWaiting ? "the DHT has too much to do" : null;
        if (refusal is not null)
        {
            _dropped++;
            requester.Tell(new Failed(TagOf(command), refusal));
            return;
        }

        _waiting.Enqueue((command, requester));
        StartWaiting();
    }

    // As soon as one node is known: the way to the others is the same as the bootstrap's.
    private void StartWaiting()
    {
        while (Table.Count > 0 && _running.Count < _settings.MaxLookups && _waiting.TryDequeue(out var next)) Run(TaskOf(next.Command, next.Requester));
    }

    private static long TagOf(object command) => command switch
    {
        FindNode it => it.Tag,
        GetPeers it => it.Tag,
        Announce it => it.Tag,
        GetItem it => it.Tag,
        PutItem it => it.Tag,
        SampleInfohashes it => it.Tag,
        _ => throw new InvalidOperationException($"{command.GetType().Name} is no command."),
    };

    private DhtTask TaskOf(object command, IActorRef requester)
    {
        var now = Now();
        return command switch
        {
            FindNode it => new FindNodeTask(NewLookup(new LookupRequest(KrpcMethod.FindNode, it.Target)), Touch, now) { Requester = requester, Tag = it.Tag },
            GetPeers it => new GetPeersTask(NewLookup(PeersOf(it.Torrent) with { Scrape = it.Scrape }), Touch, now, KnownPeers(it.Torrent)) { Requester = requester, Tag = it.Tag },
            Announce it => new AnnounceTask(NewLookup(PeersOf(it.Torrent) with { NoSeed = it.IsSeed }), Touch, now, KnownPeers(it.Torrent), it) { Requester = requester, Tag = it.Tag },
            GetItem it => new GetItemTask(NewLookup(new LookupRequest(KrpcMethod.Get, it.Target) { Salt = it.Salt }), Touch, now, KnownItem(it.Target)) { Requester = requester, Tag = it.Tag },
            PutItem it => new PutItemTask(NewLookup(new LookupRequest(KrpcMethod.Get, it.Item.Target) { Salt = it.Item.Salt, ForPut = true }), Touch, now, it) { Requester = requester, Tag = it.Tag },
            SampleInfohashes it => new SampleTask(NewLookup(new LookupRequest(KrpcMethod.SampleInfohashes, it.Target)), Touch, now) { Requester = requester, Tag = it.Tag },
            _ => throw new InvalidOperationException($"{command.GetType().Name} is no command."),
        };
    }

    private static LookupRequest PeersOf(InfoHash torrent) => new(KrpcMethod.GetPeers, new NodeId(torrent));

    private Lookup NewLookup(LookupRequest request)
    {
        var lookup = new Lookup(request, Table.Own, _filter, _ports.Signatures, _settings.Lookups, Now());
        Span<NodeContact> closest = stackalloc NodeContact[LookupStart];
        closest = closest[..Table.FindClosest(request.Target, closest)];
        foreach (var contact in closest) lookup.AddNode(contact);
        if (closest.Length >= _settings.Lookups.Closest) return lookup;
        foreach (var router in _bootstrap.Routers)
        {
            if (Table.NodeAt(router) is null) lookup.AddRouter(router);
        }

        return lookup;
    }

    // What was announced to ourselves: we are a node like those we ask.
    private ImmutableArray<UdpAddress> KnownPeers(InfoHash torrent)
    {
        Span<byte> compact = stackalloc byte[1_024];
        compact = compact[.._responder.Peers.CopyPeers(torrent, _family, noSeeds: false, Now(), compact)];
        var peers = ImmutableArray.CreateBuilder<UdpAddress>();
        var size = _family == AddressFamily.InterNetworkV6 ? UdpAddress.CompactSizeV6 : UdpAddress.CompactSizeV4;
        for (; compact.Length >= size; compact = compact[size..])
        {
            if (UdpAddress.TryReadCompact(compact[..size], out var peer)) peers.Add(peer);
        }

        return peers.ToImmutable();
    }

    private DhtItem? KnownItem(NodeId target) => _responder.Items.TryGet(target, Now(), out var item) ? item : null;

    private void Run(DhtTask task)
    {
        _running.Add(task);
        Touch(task);
    }

    private void Touch(DhtTask task)
    {
        if (task.IsTouched) return;
        task.IsTouched = true;
        _touched.Add(task);
    }

    // Sends what a task has to send next, tells what it has found, and ends it when there is no more.
    private void Advance(DhtTask task)
    {
        if (!_running.Contains(task)) return;
        var now = Now();
        if (!task.Storage.HasBegun)
        {
            SendLookup(task, now);
            if (task.TakeProgress() is { } progress) task.Requester.Tell(progress);
            if (task.Lookup.End == LookupEnd.None) return;
            task.Storage.Begin(task.Stores ? [.. task.Lookup.NodesToStoreAt().Where(node => !node.Token.IsEmpty)] : [], task.StoresAgain ? _settings.Lookups.MaxTries : 1);
        }

        SendStores(task, now);
        if (task.Storage.IsOver(now, _settings.Lookups.Patience)) End(task);
    }

    private void SendLookup(DhtTask task, long now)
    {
        Span<UdpAddress> addresses = stackalloc UdpAddress[LookupSettings.MostParallel];
        int refused;
        do
        {
            refused = 0;
            var count = task.Lookup.NextQueries(now, _sender.Pacer, addresses);
            foreach (var address in addresses[..count])
            {
                if (_sender.TrySend(address, task, task.Lookup.Query([], _settings.IsReadOnly), now)) continue;
                task.Lookup.Failed(address);
                refused++;
            }
        }
        while (refused > 0);
    }

    private void SendStores(DhtTask task, long now)
    {
        while (task.Storage.Due() is { } node)
        {
            task.Storage.Sent(node, now);
            // Not held back: the token is for now. But it counts against what is sent next.
            _sender.Pacer.TryPass(node.Contact.Address, now);
            if (!_sender.TrySend(node.Contact.Address, task.Storage, task.StoreAt(node), now)) task.Storage.Failed(node.Contact.Address);
        }
    }

    private void End(DhtTask task)
    {
        _running.Remove(task);
        task.Requester.Tell(task.Result(Now()));
        if (task == _bootstrapTask) OnBootstrapEnded(task.Lookup.Answers > 0);
        StartWaiting();
    }

    private void OnPing(Ping ping, IActorRef requester)
    {
        if (_sender.Socket is null && _openFailure is null && _waitingPings.Count < _settings.MaxWaiting)
        {
            _waitingPings.Enqueue((ping, requester));
            return;
        }

        var (node, now) = (new UdpAddress(ping.Node), Now());
        var refusal = _openFailure is { } reason ? $"the DHT has no socket: {reason}" : node.Family != _family ? "it is of the other address family" : !_sender.Pacer.TryPass(node, now) ? "its host was asked just before" : null;
        var owner = new CommandedPing(ping, requester, OnPingEnded);
        if (refusal is null && !SendPing(owner, now)) refusal = "the DHT has too much to do";
        if (refusal is null) _pings.Add(owner);
        else requester.Tell(new Failed(ping.Tag, $"{ping.Node} is not asked: {refusal}"));
    }

    private bool SendPing(CommandedPing ping, long now)
    {
        if (!SendPing(ping.To, ping, now)) return false;
        ping.Sent();
        return true;
    }

    // A datagram may have got lost.
    private void PingAgain(long now)
    {
        foreach (var ping in _pings)
        {
            if (ping.IsSlow && ping.Tries < _settings.Lookups.MaxTries && _sender.Pacer.TryPass(ping.To, now)) SendPing(ping, now);
        }
    }

    private void OnPingEnded(CommandedPing ping, object answer)
    {
        _pings.Remove(ping);
        ping.Requester.Tell(answer);
    }

    private void FailAll(string reason)
    {
        FailWaiting(reason);
        while (_waitingPings.TryDequeue(out var waiting)) waiting.Requester.Tell(new Failed(waiting.Command.Tag, reason));
        foreach (var task in _running) task.Requester.Tell(new Failed(task.Tag, reason));
        foreach (var ping in _pings) ping.Requester.Tell(new Failed(ping.Tag, reason));
        _running.Clear();
        _pings.Clear();
    }

    private void FailWaiting(string reason)
    {
        while (_waiting.TryDequeue(out var waiting)) waiting.Requester.Tell(new Failed(TagOf(waiting.Command), reason));
    }
}
