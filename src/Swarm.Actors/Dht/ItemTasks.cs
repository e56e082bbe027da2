using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Actors.Dht;

/// <summary>Looks for an item. <paramref name="known"/>: what was put to ourselves, or null.</summary>
internal sealed class GetItemTask(Lookup lookup, Action<DhtTask> touched, long nowTicks, DhtItem? known) : DhtTask(lookup, touched, nowTicks)
{
    /// <inheritdoc/>
    public override object Result(long nowTicks)
    {
        var found = Lookup.Results.Item;
        if (known is not null && (found is null || found.Sequence < known.Sequence)) return new DhtActor.ItemFound(Tag, known, 1, Stats(nowTicks));
        if (found is not null) return new DhtActor.ItemFound(Tag, found, Lookup.Results.ItemCopies + (known?.Equals(found) == true ? 1 : 0), Stats(nowTicks));
        return Lookup.Answers == 0 ? NoAnswer() : new DhtActor.Failed(Tag, $"none of the {Lookup.Answers} nodes that answered has an item under {Lookup.Request.Target}");
    }
}

/// <summary>Looks for the closest nodes, then puts an item there.</summary>
internal sealed class PutItemTask(Lookup lookup, Action<DhtTask> touched, long nowTicks, DhtActor.PutItem put) : DhtTask(lookup, touched, nowTicks)
{
    /// <inheritdoc/>
    public override bool Stores => true;

    // Told again, a node that has stored already would say that another number is there.
    /// <inheritdoc/>
    public override bool StoresAgain => put.Cas is null;

    /// <inheritdoc/>
    public override KrpcQuery StoreAt(LookupNode node) => new()
    {
        Method = KrpcMethod.Put,
        TransactionId = [],
        Id = default,
        Token = node.Token.AsSpan(),
        Value = put.Item.Value.AsSpan(),
        PublicKey = put.Item.PublicKey.AsSpan(),
        Signature = put.Item.Signature.AsSpan(),
        Salt = put.Item.Salt.AsSpan(),
        Sequence = put.Item.IsMutable ? put.Item.Sequence : null,
        Cas = put.Cas,
    };

    /// <inheritdoc/>
    public override object Result(long nowTicks)
    {
        if (Lookup.Answers == 0) return NoAnswer();
        if (Storage.Stored == 0) return new DhtActor.Failed(Tag, $"no node took the item{(Storage.Refusal is { } refusal ? $": {refusal}" : "")}");
        return new DhtActor.ItemPut(Tag, put.Item.Target, Storage.Stored, Storage.Refusal, Stats(nowTicks));
    }
}

/// <summary>Collects info-hashes.</summary>
internal sealed class SampleTask(Lookup lookup, Action<DhtTask> touched, long nowTicks) : DhtTask(lookup, touched, nowTicks)
{
    /// <inheritdoc/>
    public override object Result(long nowTicks) => Lookup.Answers == 0 ? NoAnswer() : new DhtActor.SamplesFound(Tag, [.. Lookup.Results.TakeSamples()], Stats(nowTicks));
}
