using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;

namespace Swarm.Actors.Dht;

/// <summary>
/// One k-bucket. Child of <see cref="DhtActor"/>, which tells it once a turn what its nodes did, and beats; restarted after a bug.
/// <para>
/// Owns its <see cref="KBucket"/>. Whatever a message changes it publishes once, as a snapshot, from which the parent answers queries without asking. It has no socket: whom to ping and which range to refresh it tells the parent,
/// and hears of the outcome as of everything else.
/// </para>
/// <para>
/// If it fails, the next incarnation asks the parent for what was last published, and begins with that; until it has it, what it hears is dropped: the nodes will be heard of again. Meanwhile the table stands as it was published.
/// A bucket that is split is stopped: the parent makes two out of what it last published.
/// </para>
/// </summary>
public sealed class BucketActor : UntypedActor
{
    private readonly BucketSnapshot _first;
    private readonly AddressFamily _family;
    private readonly DhtSettings _settings;
    private readonly TimeProvider _time;
    private KBucket? _bucket;
    private long _published;

    private BucketActor(BucketSnapshot first, AddressFamily family, DhtSettings settings, TimeProvider time)
    {
        _first = first;
        _family = family;
        _settings = settings;
        _time = time;
    }

    /// <summary>What a node did.</summary>
    public enum Deed : byte
    {
        /// <summary>It answered a query of ours.</summary>
        Replied,

        /// <summary>It asked us something.</summary>
        Queried,

        /// <summary>It did not answer.</summary>
        Failed,

        /// <summary>It was seen under another id at its address.</summary>
        Left,
    }

    /// <summary>A node, and what it did.</summary>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Sighting(NodeContact Contact, Deed Deed);

    /// <summary>From the parent, once a turn: what nodes of the range did, in order.</summary>
    public sealed record Heard(ImmutableArray<Sighting> Sightings);

    /// <summary>From the parent: time has passed.</summary>
    public sealed record Beat
    {
        /// <summary>The message.</summary>
        public static Beat Instance { get; } = new();
    }

    /// <summary>From the parent, after a restart: what was last published.</summary>
    public sealed record Restore(BucketSnapshot Snapshot);

    /// <summary>To the parent: the bucket as it is now.</summary>
    public sealed record Published(BucketSnapshot Snapshot);

    /// <summary>To the parent: ask these whether they are there.</summary>
    public sealed record PingsWanted(ImmutableArray<NodeContact> Contacts);

    /// <summary>To the parent: nothing was heard of this range for long.</summary>
    public sealed record RefreshWanted(NodeIdPrefix Range);

    /// <summary>To the parent, after a restart: what had been published?</summary>
    public sealed record SnapshotWanted(NodeIdPrefix Range);

    /// <summary>A bucket that begins with what is in a snapshot.</summary>
    public static Props Props(BucketSnapshot first, AddressFamily family, DhtSettings settings, TimeProvider time) => ActorProps.Create(() => new BucketActor(first, family, settings, time));

    /// <inheritdoc/>
    protected override void PreStart() => Begin(_first);

    // What it began with is no more what it was.
    /// <inheritdoc/>
    protected override void PostRestart(Exception reason) => Context.Parent.Tell(new SnapshotWanted(_first.Range));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Heard heard when _bucket is not null: OnHeard(heard.Sightings); break;
            case Beat when _bucket is not null: OnBeat(_bucket); break;
            case Restore restore: Begin(restore.Snapshot); break;
            case Heard or Beat: break;
            default: Unhandled(message); break;
        }
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void Begin(BucketSnapshot snapshot)
    {
        _bucket = KBucket.Restore(snapshot, _family, _settings.Routing);
        _published = _bucket.Version;
    }

    private void OnHeard(ImmutableArray<Sighting> sightings)
    {
        var now = Now();
        foreach (var (contact, deed) in sightings)
        {
            switch (deed)
            {
                case Deed.Replied: _bucket!.Replied(contact, now); break;
                case Deed.Queried: _bucket!.Queried(contact, now); break;
                case Deed.Failed: _bucket!.Failed(contact); break;
                case Deed.Left: _bucket!.Forget(contact.Address); break;
            }
        }

        if (_bucket!.Version == _published) return;
        _published = _bucket.Version;
        Context.Parent.Tell(new Published(_bucket.Snapshot()));
    }

    private void OnBeat(KBucket bucket)
    {
        var now = Now();
        var pings = ImmutableArray.CreateBuilder<NodeContact>();
        while (pings.Count < _settings.PingsPerBeat && bucket.TryTakePing(now, out var contact)) pings.Add(contact);
        if (pings.Count > 0) Context.Parent.Tell(new PingsWanted(pings.ToImmutable()));
        if (bucket.TakeRefresh(now)) Context.Parent.Tell(new RefreshWanted(bucket.Range));
    }
}
