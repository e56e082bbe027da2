using System.Collections.Immutable;
using System.Net;

namespace Swarm.Protocol.Wire;

/// <summary>
/// What one peer's extension handshakes have said so far (BEP 10): they are additive, each changes only what it names, and the number 0 turns
/// an extension off. Owned by <see cref="PeerWireState"/>. Always holds: bounded by the number of extensions we know.
/// </summary>
public sealed class PeerExtensions
{
    private readonly byte[] _ids = new byte[(int)ExtensionId.DontHave + 1];

    /// <summary>The extensions we know, in the order of their ids.</summary>
    public static ImmutableArray<ExtensionId> Known { get; } =
        [ExtensionId.PeerExchange, ExtensionId.Metadata, ExtensionId.UploadOnly, ExtensionId.DontHave];

    /// <summary>How many handshakes have come.</summary>
    public int Handshakes { get; private set; }

    /// <summary>The peer's listen port, or null if it never said.</summary>
    public int? ListenPort { get; private set; }

    /// <summary>The peer's name for its program, cleaned, or null.</summary>
    public string? Client { get; private set; }

    /// <summary>How the peer sees us, or null.</summary>
    public IPAddress? YourIp { get; private set; }

    /// <summary>The peer's IPv4 address as it says, or null.</summary>
    public IPAddress? IPv4 { get; private set; }

    /// <summary>The peer's IPv6 address as it says, or null.</summary>
    public IPAddress? IPv6 { get; private set; }

    /// <summary>How many requests the peer queues, or null if it did not say.</summary>
    public int? RequestQueue { get; private set; }

    /// <summary>The size of the info dictionary as the peer says, or null.</summary>
    public int? MetadataSize { get; private set; }

    /// <summary>Whether the peer wants no pieces (BEP 21).</summary>
    public bool UploadOnly { get; internal set; }

    /// <summary>The name of an extension in "m".</summary>
    public static ReadOnlySpan<byte> NameOf(ExtensionId extension) => extension switch
    {
        ExtensionId.PeerExchange => "ut_pex"u8,
        ExtensionId.Metadata => "ut_metadata"u8,
        ExtensionId.UploadOnly => "upload_only"u8,
        ExtensionId.DontHave => "lt_donthave"u8,
        _ => [],
    };

    /// <summary>The number to put into messages of this extension to the peer, or 0 if it does not take them.</summary>
    public byte IdOf(ExtensionId extension) => _ids[(int)extension];

    /// <summary>Whether the peer takes messages of this extension.</summary>
    public bool Supports(ExtensionId extension) => IdOf(extension) != 0;

    /// <summary>Takes over what a handshake names.</summary>
    public void Apply(ExtensionHandshake handshake)
    {
        Handshakes++;
        foreach (var mapping in handshake.Extensions) _ids[(int)mapping.Extension] = mapping.Id;
        ListenPort = handshake.ListenPort ?? ListenPort;
        Client = handshake.Client ?? Client;
        YourIp = handshake.YourIp ?? YourIp;
        IPv4 = handshake.IPv4 ?? IPv4;
        IPv6 = handshake.IPv6 ?? IPv6;
        RequestQueue = handshake.RequestQueue ?? RequestQueue;
        MetadataSize = handshake.MetadataSize ?? MetadataSize;
        UploadOnly = handshake.UploadOnly ?? UploadOnly;
    }
}
