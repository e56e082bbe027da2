using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Routing;

namespace Swarm.Actors.Dht;

// The table: how its first nodes are found, what its buckets want, what it looks like from outside.
public sealed partial class DhtActor
{
    private readonly SortedDictionary<long, (HostEndPoint Node, bool IsRouter)> _names = [];
    private DhtTask? _bootstrapTask;
    private long _lastName;
    private bool _refillDue;

    // Nobody has answered, and nothing is under way that could change it.
    private bool IsHopeless => _bootstrap is { IsDone: false, IsRunning: false, HasFailed: true } && _names.Count == 0 && _newcomers.Count == 0;

    // As long as the other family's table could not fill a bucket, its nodes are asked for as well (BEP 32).
    private KrpcWant Wanted => _responder.OtherTable is { } other && other.Count < _settings.Routing.BucketSize ? KrpcWant.V4 | KrpcWant.V6 : KrpcWant.Unstated;

    // On the way to an id for the table's sake.
    private Lookup NewTableLookup(NodeId target) => NewLookup(new LookupRequest(KrpcMethod.FindNode, target) { Want = Wanted });

    private void TryBootstrap()
    {
        if (_sender.Socket is null) return;
        var now = Now();
        if (_bootstrap.Pause(now) == TimeSpan.Zero) ResolveRouters();
        if (_bootstrap.TryBegin(now))
        {
            var lookup = NewTableLookup(Table.Own);
            foreach (var contact in _bootstrap.Saved) lookup.AddNode(contact);
            Run(_bootstrapTask = new FindNodeTask(lookup, Touch, now));
        }
        else if (_bootstrap.Pause(now) is { } pause)
        {
            Timers.StartSingleTimer(BootstrapDue.Instance, BootstrapDue.Instance, pause);
        }
    }

    private void OnBootstrapEnded(bool hasAnswers)
    {
        _bootstrapTask = null;
        _bootstrap.Ended(hasAnswers, Now());
        LogBootstrapped(_log, NoteName, hasAnswers);
        _refillDue |= hasAnswers;
        if (hasAnswers) return;
        TryBootstrap();
        if (IsHopeless) FailWaiting("no node of the DHT answered");
    }

    private void ResolveRouters()
    {
        foreach (var router in _settings.Routers)
        {
            if (router.Address is { } address) AddAddress(address, router.Port, isRouter: true);
            else if (!_names.Values.Contains((router, true))) LookUp(router, isRouter: true);
        }
    }

    private void OnAddNodes(ImmutableArray<HostEndPoint> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Address is { } address) AddAddress(address, node.Port, isRouter: false);
            else LookUp(node, isRouter: false);
        }
    }

    private void OnAddMembers(ImmutableArray<HostEndPoint> members)
    {
        foreach (var member in members)
        {
            if (member.Address is not { } address) continue;
            AddAddress(address, member.Port, isRouter: true);
            AddAddress(address, member.Port, isRouter: false);
        }

        TryBootstrap();
    }

    private void LookUp(HostEndPoint node, bool isRouter)
    {
        if (_names.Count >= _settings.MaxNames)
        {
            _dropped++;
            return;
        }

        _names.Add(++_lastName, (node, isRouter));
        _ports.Dns.Resolve(_lastName, node.Host, Self);
    }

    private void OnResolved(IDns.Resolved resolved)
    {
        if (!_names.Remove(resolved.Id, out var name)) return;
        foreach (var address in resolved.Addresses) AddAddress(address, name.Node.Port, name.IsRouter);
        TryBootstrap();
        if (IsHopeless) FailWaiting("no node of the DHT answered");
    }

    private void OnNameUnknown(IDns.Failed failed)
    {
        if (!_names.Remove(failed.Id, out var name)) return;
        LogNameUnknown(_log, name.Node, failed.Reason);
        if (IsHopeless) FailWaiting("no node of the DHT answered");
    }

    private void AddAddress(IPAddress address, int port, bool isRouter)
    {
        if (address.AddressFamily != _family) return;
        var node = new UdpAddress(new IPEndPoint(address, port));
        if (!isRouter) _newcomers.Add(node, node);
        else if (_filter.Accepts(node, node)) _bootstrap.AddRouter(node);
    }

    private void OnPublished(BucketSnapshot snapshot)
    {
        if (!_buckets.Publish(Sender, snapshot)) return;
        TableChanged();
        if (Table.Count == 0 && _bootstrap.IsDone) _bootstrap.Lost();
        else if (Table.Count > 0 && _bootstrap is { IsDone: false, IsRunning: false }) _bootstrap.Hurry();
        if (!_bootstrap.IsDone) TryBootstrap();
        StartWaiting();
    }

    private void OnPingsWanted(ImmutableArray<NodeContact> contacts)
    {
        var now = Now();
        foreach (var contact in contacts)
        {
            // One that must wait is wanted again.
            if (_sender.Pacer.TryPass(contact.Address, now)) SendPing(contact.Address, new LivenessPing(contact), now);
        }
    }

    private void Refresh(NodeIdPrefix range)
    {
        if (_bootstrap.IsDone && _running.Count < _settings.MaxLookups) Run(new FindNodeTask(NewTableLookup(range.Draw(_random)), Touch, Now()));
    }

    // What a reply says of the other family's nodes.
    private void PassOn(in KrpcMessage reply, UdpAddress from)
    {
        if (Wanted == KrpcWant.Unstated) return;
        var addresses = ImmutableArray.CreateBuilder<UdpAddress>();
        foreach (var node in _family == AddressFamily.InterNetworkV6 ? reply.Nodes : reply.Nodes6)
        {
            if (addresses.Count < _settings.Lookups.MaxNodesPerReply) addresses.Add(node.Address);
        }

        if (addresses.Count > 0) _other.Tell(new NodesTold(addresses.ToImmutable(), from));
    }

    private void OnNodesTold(NodesTold told)
    {
        foreach (var address in told.Addresses) _newcomers.Add(address, told.By);
    }

    private void OnBeat()
    {
        var now = Now();
        _buckets.Beat();
        _responder.Peers.Sweep(now, _settings.SweptSwarms);
        _responder.Items.Sweep(now);
        if (now - _savedAt >= _settings.SaveInterval.Ticks) Save(StoreStep.Save);
        // Who answered has no place in the table: nothing can be asked.
        if (_bootstrap.IsDone && Table.Count == 0) FailWaiting("no node of the DHT is known");
        if (!_refillDue) return;
        // What the way to our own id did not bring.
        _refillDue = false;
        foreach (var bucket in Table.Buckets)
        {
            if (bucket.Nodes.Length < _settings.Routing.BucketSize) Refresh(bucket.Range);
        }
    }

    private DhtStatus Describe() => new()
    {
        Family = _family,
        Id = Table.Own,
        Local = _sender.Socket?.Local,
        External = _voter.Current?.ToEndPoint(),
        IsBootstrapped = _bootstrap.IsDone,
        Nodes = Table.Count,
        Buckets = [.. Table.Buckets.Select(bucket => new BucketStatus(bucket.Range.ToString(), bucket.Nodes.Length, bucket.Spares.Length))],
        Stored = (_responder.Peers.SwarmCount, _responder.Peers.PeerCount, _responder.Items.Count),
        Lookups = (_running.Count, _waiting.Count),
        Answered = [.. Enum.GetValues<KrpcMethod>().Select(_responder.Answered)],
        Traffic = new DhtTraffic
        {
            Received = _received,
            ReceivedBytes = _receivedBytes,
            SentBytes = _sender.SentBytes,
            Queries = _sender.Sent,
            InFlight = _sender.Transactions.Count,
            TimedOut = _sender.Transactions.TimedOut,
            Unmatched = _sender.Transactions.Unmatched,
            RateLimited = _limiter.RefusedHosts + _limiter.RefusedNetworks + _limiter.RefusedInAll,
            RefusedSources = _responder.RefusedSources,
            Errors = _responder.Errors,
            Shortened = _guard.Limited,
            Unsent = _unsent,
            Malformed = _malformed,
            Dropped = _dropped + _newcomers.Dropped,
        },
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Family} looked for its first nodes; found any: {Found}")]
    private static partial void LogBootstrapped(ILogger log, string family, bool found);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The DHT node {Node} is not asked: {Reason}")]
    private static partial void LogNameUnknown(ILogger log, HostEndPoint node, string reason);
}
