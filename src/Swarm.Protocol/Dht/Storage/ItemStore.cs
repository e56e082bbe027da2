using System.Diagnostics.CodeAnalysis;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// The items that others put to us (BEP 44). Owned by the DHT's actor; tokens have been checked before. What costs least is checked first, the signature last. A mutable item is replaced only by one of a higher number, and only if the number
/// it was meant to replace, if one is given, is the stored one; the same again makes it live on.
/// <para>Overflow: what is over goes first, then the item farthest from our id, be it the new one: we are asked for what is close.</para>
/// Always holds: no more than <see cref="DhtStorageSettings.MaxItems"/> items, all checked. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class ItemStore(DhtStorageSettings settings, IItemSignatures signatures)
{
    private readonly Dictionary<NodeId, Stored> _byTarget = [];

    // Walks go over this list, never over the dictionary.
    private readonly List<Stored> _items = [];

    /// <summary>Items there are, those that are over and not yet dropped included.</summary>
    public int Count => _items.Count;

    /// <summary>Items that gave way, or found no place, for lack of room.</summary>
    public long Evicted { get; private set; }

    /// <summary>Items whose time was over.</summary>
    public long Expired { get; private set; }

    /// <summary>Where the item of a put is kept: the target its token must be for. Null if its salt is too long for any.</summary>
    public static NodeId? TargetOf(in KrpcMessage put)
    {
        if (put.PublicKey.IsEmpty) return DhtItem.TargetOf(put.Value);
        return put.Salt.Length <= DhtItem.MaxSaltSize ? DhtItem.TargetOf(put.PublicKey, put.Salt) : null;
    }

    /// <summary>Stores the item of a put. Null if it is stored now or was already, else the error to answer. <paramref name="own"/> is our id.</summary>
    public KrpcErrorCode? Put(in KrpcMessage put, NodeId own, long nowTicks)
    {
        if (DhtItem.Check(put.Value, put.PublicKey.IsEmpty ? [] : put.Salt) is { } error) return error;
        var target = put.PublicKey.IsEmpty ? DhtItem.TargetOf(put.Value) : DhtItem.TargetOf(put.PublicKey, put.Salt);
        var known = Find(target, nowTicks);
        if (put.PublicKey.IsEmpty)
        {
            if (known is not null) known.ExpiresAt = nowTicks + settings.ItemLifetime.Ticks;
            else return Add(target, new DhtItem([.. put.Value], [], [], 0, []), own, nowTicks);
            return null;
        }

        if (put.Sequence is not >= 0 || put.Signature.Length != IItemSignatures.SignatureSize) return KrpcErrorCode.Protocol;
        var sequence = put.Sequence.Value;
        if (known is not null)
        {
            if (put.Cas is { } expected && expected != known.Item.Sequence) return KrpcErrorCode.CasMismatch;
            if (sequence == known.Item.Sequence && put.Value.SequenceEqual(known.Item.Value.AsSpan()))
            {
                known.ExpiresAt = nowTicks + settings.ItemLifetime.Ticks;
                return null;
            }

            if (sequence <= known.Item.Sequence) return KrpcErrorCode.SequenceTooLow;
        }

        if (!DhtItem.IsSigned(put.Value, put.PublicKey, put.Salt, sequence, put.Signature, signatures)) return KrpcErrorCode.InvalidSignature;
        var item = new DhtItem([.. put.Value], [.. put.PublicKey], [.. put.Salt], sequence, [.. put.Signature]);
        if (known is null) return Add(target, item, own, nowTicks);
        (known.Item, known.ExpiresAt) = (item, nowTicks + settings.ItemLifetime.Ticks);
        return null;
    }

    /// <summary>The item under a target.</summary>
    public bool TryGet(NodeId target, long nowTicks, [NotNullWhen(true)] out DhtItem? item)
    {
        item = Find(target, nowTicks)?.Item;
        return item is not null;
    }

    /// <summary>Drops all items whose time is over.</summary>
    public void Sweep(long nowTicks)
    {
        for (var i = _items.Count - 1; i >= 0; i--)
        {
            if (_items[i].ExpiresAt <= nowTicks) Expire(_items[i]);
        }
    }

    private Stored? Find(NodeId target, long nowTicks)
    {
        if (!_byTarget.TryGetValue(target, out var stored)) return null;
        if (stored.ExpiresAt > nowTicks) return stored;
        Expire(stored);
        return null;
    }

    private void Expire(Stored stored)
    {
        Remove(stored);
        Expired++;
    }

    private void Remove(Stored stored)
    {
        _items.Remove(stored);
        _byTarget.Remove(stored.Target);
    }

    private KrpcErrorCode? Add(NodeId target, DhtItem item, NodeId own, long nowTicks)
    {
        if (_items.Count >= settings.MaxItems) Sweep(nowTicks);
        if (_items.Count >= settings.MaxItems)
        {
            Evicted++;
            var farthest = _items.MaxBy(stored => stored.Target.DistanceTo(own))!;
            if (farthest.Target.IsCloserTo(own, target)) return KrpcErrorCode.Server;
            Remove(farthest);
        }

        var added = new Stored { Target = target, Item = item, ExpiresAt = nowTicks + settings.ItemLifetime.Ticks };
        _items.Add(added);
        _byTarget.Add(target, added);
        return null;
    }

    private sealed class Stored
    {
        public required NodeId Target { get; init; }

        public required DhtItem Item { get; set; }

        public long ExpiresAt { get; set; }
    }
}
