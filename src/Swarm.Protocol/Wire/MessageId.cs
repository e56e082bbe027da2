namespace Swarm.Protocol.Wire;

/// <summary>The first byte of a message that is not a keep-alive (BEP 3, "peer messages"; BEP 4, "Reserved Message IDs").</summary>
public enum MessageId : byte
{
    /// <summary>BEP 3. No payload.</summary>
    Choke = 0,

    /// <summary>BEP 3. No payload.</summary>
    Unchoke = 1,

    /// <summary>BEP 3. No payload.</summary>
    Interested = 2,

    /// <summary>BEP 3. No payload.</summary>
    NotInterested = 3,

    /// <summary>BEP 3. Piece.</summary>
    Have = 4,

    /// <summary>BEP 3. One bit a piece.</summary>
    Bitfield = 5,

    /// <summary>BEP 3. Piece, begin, length.</summary>
    Request = 6,

    /// <summary>BEP 3. Piece, begin, bytes.</summary>
    Piece = 7,

    /// <summary>BEP 3. Piece, begin, length.</summary>
    Cancel = 8,

    /// <summary>BEP 5. The sender's DHT port, two bytes.</summary>
    Port = 9,

    /// <summary>BEP 6. Piece.</summary>
    SuggestPiece = 0x0D,

    /// <summary>BEP 6. No payload.</summary>
    HaveAll = 0x0E,

    /// <summary>BEP 6. No payload.</summary>
    HaveNone = 0x0F,

    /// <summary>BEP 6. Piece, begin, length.</summary>
    RejectRequest = 0x10,

    /// <summary>BEP 6. Piece.</summary>
    AllowedFast = 0x11,

    /// <summary>BEP 10. One byte of extended id, then what that extension defines.</summary>
    Extended = 20,
}
