using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;

namespace Swarm.Actors.Dht;

/// <summary>
/// A command under way: a lookup, and for announces and puts the storing at the nodes it found. A plain object of <see cref="DhtActor"/>, which sends its queries and tells the requester what comes of it.
/// Subclasses say what is asked, what is stored, and what the answer is.
/// </summary>
internal abstract class DhtTask : IQueryOwner
{
    private readonly Action<DhtTask> _touched;
    private readonly long _startedAt;

    protected DhtTask(Lookup lookup, Action<DhtTask> touched, long nowTicks)
    {
        Lookup = lookup;
        _touched = touched;
        _startedAt = nowTicks;
        Storage = new Storing(() => touched(this));
    }

    /// <summary>The way to the closest nodes.</summary>
    public Lookup Lookup { get; }

    /// <summary>The storing at them.</summary>
    public Storing Storage { get; }

    /// <summary>Whether something happened that the actor has not looked at yet.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Who is told; nobody for the DHT's own.</summary>
    public IActorRef Requester { get; init; } = ActorRefs.Nobody;

    /// <summary>The requester's number.</summary>
    public long Tag { get; init; }

    /// <summary>Whether something is stored when the lookup is at its end.</summary>
    public virtual bool Stores => false;

    /// <summary>What was found since the last call, to be told at once; null for nothing.</summary>
    public virtual object? TakeProgress() => null;

    /// <summary>Whether a node that is slow to store may be told again.</summary>
    public virtual bool StoresAgain => true;

    /// <summary>The query that stores at a node.</summary>
    public virtual KrpcQuery StoreAt(LookupNode node) => throw new InvalidOperationException("Nothing is stored.");

    /// <summary>The answer.</summary>
    public abstract object Result(long nowTicks);

    /// <inheritdoc/>
    public void Replied(UdpAddress from, in KrpcMessage message, TimeSpan roundTrip)
    {
        Lookup.Receive(from, message);
        _touched(this);
    }

    /// <inheritdoc/>
    public void Stalled(UdpAddress address)
    {
        Lookup.Stalled(address);
        _touched(this);
    }

    /// <inheritdoc/>
    public void Failed(UdpAddress address)
    {
        Lookup.Failed(address);
        _touched(this);
    }

    /// <summary>What it took until now.</summary>
    protected LookupStats Stats(long nowTicks) => new(Lookup.Queries, Lookup.Answers, Lookup.Hops, Lookup.End, TimeSpan.FromTicks(nowTicks - _startedAt));

    /// <summary>The failure of a lookup to which nobody answered.</summary>
    protected DhtActor.Failed NoAnswer() => new(Tag, "no node of the DHT answered");
}

/// <summary>Looks for the closest nodes.</summary>
internal sealed class FindNodeTask(Lookup lookup, Action<DhtTask> touched, long nowTicks) : DhtTask(lookup, touched, nowTicks)
{
    /// <inheritdoc/>
    public override object Result(long nowTicks) => Lookup.Answers == 0
        ? NoAnswer()
        : new DhtActor.NodesFound(Tag, Lookup.Request.Target, [.. Lookup.ClosestNodes().Select(node => node.Contact)], Stats(nowTicks));
}

/// <summary>Looks for peers. <paramref name="known"/>: those that were announced to ourselves.</summary>
internal class GetPeersTask(Lookup lookup, Action<DhtTask> touched, long nowTicks, ImmutableArray<UdpAddress> known) : DhtTask(lookup, touched, nowTicks)
{
    private bool _toldKnown;

    protected InfoHash Torrent => new(Lookup.Request.Target.Value);

    protected int Found { get; private set; }

    /// <inheritdoc/>
    public override object? TakeProgress()
    {
        var peers = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var peer in Lookup.Results.TakePeers())
        {
            if (!known.Contains(peer)) peers.Add(peer.ToEndPoint());
        }

        if (!_toldKnown) peers.AddRange(known.Select(peer => peer.ToEndPoint()));
        _toldKnown = true;
        Found += peers.Count;
        return peers.Count == 0 ? null : new DhtActor.PeersFound(Tag, Torrent, peers.ToImmutable());
    }

    /// <inheritdoc/>
    public override object Result(long nowTicks)
    {
        if (Lookup.Answers == 0 && Found == 0) return NoAnswer();
        var swarm = Lookup.Results.Scrape is { } scrape ? new SwarmEstimate(scrape.Seeds, scrape.Peers) : null;
        return new DhtActor.PeersDone(Tag, Torrent, Found, swarm, Stats(nowTicks));
    }
}

/// <summary>Looks for peers, then announces us.</summary>
internal sealed class AnnounceTask(Lookup lookup, Action<DhtTask> touched, long nowTicks, ImmutableArray<UdpAddress> known, DhtActor.Announce announce) : GetPeersTask(lookup, touched, nowTicks, known)
{
    /// <inheritdoc/>
    public override bool Stores => true;

    /// <inheritdoc/>
    public override KrpcQuery StoreAt(LookupNode node) => new()
    {
        Method = KrpcMethod.AnnouncePeer,
        TransactionId = [],
        Id = default,
        Target = Lookup.Request.Target,
        Token = node.Token.AsSpan(),
        Port = announce.Port,
        IsSeed = announce.IsSeed,
    };

    /// <inheritdoc/>
    public override object Result(long nowTicks)
    {
        if (Lookup.Answers == 0) return NoAnswer();
        if (Storage.Stored == 0) return new DhtActor.Failed(Tag, $"no node took the announce{(Storage.Refusal is { } refusal ? $": {refusal}" : "")}");
        return new DhtActor.Announced(Tag, Torrent, Found, Storage.Stored, Stats(nowTicks));
    }
}
