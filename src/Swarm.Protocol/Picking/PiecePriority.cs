namespace Swarm.Protocol.Picking;

/// <summary>
/// How much a piece or file is wanted, 0 to 7: 0 is not wanted at all, and every piece of a higher priority is begun before any of a lower.
/// </summary>
public readonly record struct PiecePriority : IComparable<PiecePriority>
{
    /// <summary>The highest value.</summary>
    public const byte Highest = 7;

    /// <summary>Takes 0 to 7.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above 7.</exception>
    public PiecePriority(byte value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Highest);
        Value = value;
    }

    /// <summary>Not wanted.</summary>
    public static PiecePriority Skip => default;

    /// <summary>After everything else.</summary>
    public static PiecePriority Low => new(1);

    /// <summary>What every piece has until told otherwise.</summary>
    public static PiecePriority Normal => new(4);

    /// <summary>Before what is normal.</summary>
    public static PiecePriority High => new(6);

    /// <summary>Before everything else.</summary>
    public static PiecePriority Top => new(Highest);

    /// <summary>0 to 7.</summary>
    public byte Value { get; }

    /// <summary>Whether the piece is to be fetched.</summary>
    public bool IsWanted => Value > 0;

    /// <inheritdoc/>
    public int CompareTo(PiecePriority other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
