namespace Swarm.Protocol.Wire;

/// <summary>
/// The eight reserved bytes of the handshake read as one big-endian number, so that bit 0 is the lowest of reserved[7] (BEP 4).
/// Bits without a name here are kept as they came; we send none of them.
/// </summary>
[Flags]
public enum ReservedBits : ulong
{
    /// <summary>Plain BEP 3.</summary>
    None = 0,

    /// <summary>reserved[7] &amp; 0x01: takes part in the DHT (BEP 5).</summary>
    Dht = 0x01,

    /// <summary>reserved[7] &amp; 0x04: the fast extension (BEP 6); in force when both sides set it.</summary>
    Fast = 0x04,

    /// <summary>reserved[7] &amp; 0x10: a hybrid torrent reached by its v1 hash can be spoken to in v2 (BEP 52).</summary>
    V2Upgrade = 0x10,

    /// <summary>reserved[5] &amp; 0x10: the extension protocol (BEP 10).</summary>
    Extension = 0x10_0000,
}
