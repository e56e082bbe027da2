namespace Swarm.Protocol.Wire;

/// <summary>
/// The extended ids that we accept (BEP 10): what we tell in "m" and what others put into messages to us. They are the numbers libtorrent
/// uses, because some peers have been seen to take those for granted. 4 and 8 stay free for ut_holepunch and share_mode.
/// What we <i>send</i> carries the peer's own number instead: <see cref="PeerExtensions.IdOf"/>.
/// </summary>
public enum ExtensionId : byte
{
    /// <summary>The extension handshake itself.</summary>
    Handshake = 0,

    /// <summary>ut_pex (BEP 11).</summary>
    PeerExchange = 1,

    /// <summary>ut_metadata (BEP 9).</summary>
    Metadata = 2,

    /// <summary>upload_only (BEP 21, as libtorrent sends it after the handshake).</summary>
    UploadOnly = 3,

    /// <summary>lt_donthave (BEP 54).</summary>
    DontHave = 7,
}
