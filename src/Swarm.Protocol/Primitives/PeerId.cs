namespace Swarm.Protocol.Primitives;

/// <summary>A peer's own name for itself in handshakes and announces: twenty bytes (BEP 3; conventions in BEP 20). Not to be trusted.</summary>
public readonly record struct PeerId(Bytes20 Value) : IComparable<PeerId>
{
    /// <summary>How ours begin, in the Azureus style: client SW, version 0.1.0.</summary>
    public static ReadOnlySpan<byte> Prefix => "-SW0100-"u8;

    /// <summary>Takes exactly twenty bytes.</summary>
    public PeerId(ReadOnlySpan<byte> bytes) : this(new Bytes20(bytes)) { }

    /// <summary>A fresh id of ours: the prefix and twelve characters of 0-9, A-Z, a-z drawn from <paramref name="random"/>.</summary>
    public static PeerId Create(Random random)
    {
        Span<byte> bytes = stackalloc byte[Bytes20.Size];
        Prefix.CopyTo(bytes);
        random.GetItems("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8, bytes[Prefix.Length..]);
        return new PeerId(bytes);
    }

    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    /// <summary>Forty lower-case hex digits.</summary>
    public override string ToString() => Value.ToString();
}
