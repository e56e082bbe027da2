namespace Swarm.Protocol.Primitives;

/// <summary>
/// The twenty bytes that name a swarm on the wire: SHA-1 of a v1 info dictionary, or the first twenty bytes of the SHA-256 of a v2 one
/// (BEP 3; BEP 52, "Upgrade Path").
/// </summary>
public readonly record struct InfoHash(Bytes20 Value) : IComparable<InfoHash>
{
    /// <summary>Takes exactly twenty bytes.</summary>
    public InfoHash(ReadOnlySpan<byte> bytes) : this(new Bytes20(bytes)) { }

    /// <inheritdoc/>
    public int CompareTo(InfoHash other) => Value.CompareTo(other.Value);

    /// <summary>Forty lower-case hex digits.</summary>
    public override string ToString() => Value.ToString();
}

/// <summary>The whole SHA-256 of a v2 info dictionary (BEP 52): 32 bytes, kept as lower-case hex because it is shown and compared, never computed with.</summary>
public sealed record InfoHashV2
{
    /// <summary>Takes exactly 32 bytes.</summary>
    public InfoHashV2(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 32) throw new ArgumentException($"Expected 32 bytes, got {bytes.Length}.", nameof(bytes));
        Hex = Convert.ToHexStringLower(bytes);
        Truncated = new InfoHash(bytes[..20]);
    }

    /// <summary>Sixty-four lower-case hex digits.</summary>
    public string Hex { get; }

    /// <summary>The first twenty bytes: what goes into handshakes, trackers and the DHT.</summary>
    public InfoHash Truncated { get; }

    /// <inheritdoc/>
    public override string ToString() => Hex;
}
