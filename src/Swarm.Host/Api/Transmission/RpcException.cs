namespace Swarm.Host.Api.Transmission;

/// <summary>A call that is not carried out; the message is for who called. The codes are JSON-RPC's (section 5.1) and, from 1 on, Transmission's own.</summary>
internal sealed class RpcException(int code, string message) : Exception(message)
{
    /// <summary>What came is no JSON.</summary>
    public const int NoJson = -32700;

    /// <summary>What came is no call.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>There is no such method.</summary>
    public const int NoSuchMethod = -32601;

    /// <summary>The arguments make no sense.</summary>
    public const int InvalidParameters = -32602;

    /// <summary>A path is not one that may be used.</summary>
    public const int BadPath = 3;

    /// <summary>The node could not do it.</summary>
    public const int SystemError = 5;

    /// <summary>A file's number is none of the torrent's.</summary>
    public const int NoSuchFile = 6;

    /// <summary>A torrent file could not be fetched.</summary>
    public const int FetchFailed = 8;

    /// <summary>A torrent file or link is refused.</summary>
    public const int CorruptTorrent = 9;

    /// <summary>What went wrong, for programs.</summary>
    public int Code { get; } = code;

    /// <summary>As the REST operations would say it.</summary>
    public static RpcException Of(ApiException e) => new(
        e.Status switch
        {
            403 => BadPath,
            502 => FetchFailed,
            400 or 413 => CorruptTorrent,
            _ => SystemError,
        },
        e.Message.TrimEnd('.'));
}
