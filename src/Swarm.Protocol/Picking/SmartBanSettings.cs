namespace Swarm.Protocol.Picking;

/// <summary>The limits of a <see cref="SmartBan{TSender}"/>.</summary>
public sealed record SmartBanSettings
{
    /// <summary>What a node uses unless configured otherwise.</summary>
    public static SmartBanSettings Default { get; } = new();

    /// <summary>Blocks of failed pieces remembered at a time, 0 (only single senders are found out) to 1,048,576; about 50 bytes each. Beyond it the piece that failed longest ago is forgotten.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public int MaxBlocks
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MaxBlocks));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_048_576, nameof(MaxBlocks));
            field = value;
        }
    } = 16_384;
}
