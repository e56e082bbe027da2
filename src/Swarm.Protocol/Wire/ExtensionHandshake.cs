using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Bencoding;

namespace Swarm.Protocol.Wire;

/// <summary>One entry of "m": the sender takes messages of <paramref name="Extension"/> under <paramref name="Id"/>; 0 turns it off.</summary>
public readonly record struct ExtensionMapping(ExtensionId Extension, byte Id);

/// <summary>
/// An extension handshake (BEP 10, 9, 21), what a peer sent or what we send. Immutable. What is absent is null, because a second handshake
/// only changes what it names. <see cref="Parse"/> is tolerant: an entry of the wrong type, size or range is as if it were absent, and only
/// bytes that are no dictionary at all give null (to be ignored, not punished).
/// </summary>
public sealed record ExtensionHandshake
{
    private static readonly BencodeLimits Limits = new() { MaxDepth = 8, MaxTokens = 2_000 };

    /// <summary>What "m" says about extensions we know, in the order of <see cref="ExtensionId"/>; each at most once.</summary>
    public ImmutableArray<ExtensionMapping> Extensions { get; init; } = [];

    /// <summary>"p": the port the sender listens on, 1 to 65535.</summary>
    public int? ListenPort { get; init; }

    /// <summary>"v": the sender's name and version, cleaned and cut to <see cref="WireSettings.MaxClientNameLength"/>.</summary>
    public string? Client { get; init; }

    /// <summary>"yourip": how the sender sees the receiver. A hint, to be believed when several agree.</summary>
    public IPAddress? YourIp { get; init; }

    /// <summary>"ipv4": another address of the sender's.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>"ipv6": another address of the sender's.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary>"reqq": how many requests the sender queues, 1 to 10,000 (more is read as 10,000).</summary>
    public int? RequestQueue { get; init; }

    /// <summary>"metadata_size": bytes of the info dictionary, 1 to <see cref="WireSettings.MaxMetadataSize"/>.</summary>
    public int? MetadataSize { get; init; }

    /// <summary>"upload_only": wants no pieces (BEP 21).</summary>
    public bool? UploadOnly { get; init; }

    /// <summary>What we put into "m" to offer these extensions: our own numbers for them.</summary>
    public static ImmutableArray<ExtensionMapping> Offer(params ReadOnlySpan<ExtensionId> extensions)
    {
        var mappings = ImmutableArray.CreateBuilder<ExtensionMapping>(extensions.Length);
        foreach (var extension in extensions) mappings.Add(new ExtensionMapping(extension, (byte)extension));
        return mappings.MoveToImmutable();
    }

    /// <summary>Reads the payload of extended message 0. Null if it is no bencoded dictionary.</summary>
    public static ExtensionHandshake? Parse(ReadOnlySpan<byte> payload, WireSettings settings)
    {
        using var document = BencodeDocument.Parse(payload, Limits, stackalloc BencodeToken[64]);
        if (document.Error is not null || document.Root.Kind != BencodeTokenKind.Dictionary) return null;
        var root = document.Root;
        var m = root["m"u8];
        var mappings = ImmutableArray.CreateBuilder<ExtensionMapping>();
        foreach (var extension in PeerExtensions.Known)
        {
            if (m[PeerExtensions.NameOf(extension)].TryGetInteger(0, 255, out var id)) mappings.Add(new ExtensionMapping(extension, (byte)id));
        }

        return new ExtensionHandshake
        {
            Extensions = mappings.ToImmutable(),
            ListenPort = root["p"u8].TryGetInteger(1, 65535, out var port) ? port : null,
            Client = root["v"u8].ToText() is { } text ? ClientName.Clean(text, settings.MaxClientNameLength) : null,
            YourIp = Address(root["yourip"u8], [4, 16]),
            IPv4 = Address(root["ipv4"u8], [4]),
            IPv6 = Address(root["ipv6"u8], [16]),
            RequestQueue = root["reqq"u8].TryGetInteger(out var reqq) && reqq > 0 ? (int)Math.Min(reqq, 10_000) : null,
            MetadataSize = root["metadata_size"u8].TryGetInteger(1, settings.MaxMetadataSize, out var size) ? size : null,
            UploadOnly = root["upload_only"u8].TryGetInteger(out var uploadOnly) ? uploadOnly != 0 : null,
        };
    }

    /// <summary>Writes the handshake as one whole peer message.</summary>
    public void Write(WireWriter output)
    {
        var writer = new BencodeWriter();
        writer.BeginDictionary();
        if (IPv4 is not null) writer.WriteString("ipv4"u8, IPv4.GetAddressBytes());
        if (IPv6 is not null) writer.WriteString("ipv6"u8, IPv6.GetAddressBytes());
        writer.BeginDictionary("m"u8);
        foreach (var mapping in Extensions.Sort((a, b) => PeerExtensions.NameOf(a.Extension).SequenceCompareTo(PeerExtensions.NameOf(b.Extension))))
        {
            writer.WriteInteger(PeerExtensions.NameOf(mapping.Extension), mapping.Id);
        }

        writer.End();
        if (MetadataSize is { } size) writer.WriteInteger("metadata_size"u8, size);
        if (ListenPort is { } port) writer.WriteInteger("p"u8, port);
        if (RequestQueue is { } queue) writer.WriteInteger("reqq"u8, queue);
        if (UploadOnly is { } uploadOnly) writer.WriteInteger("upload_only"u8, uploadOnly ? 1 : 0);
        if (Client is not null) writer.WriteText("v"u8, Client);
        if (YourIp is not null) writer.WriteString("yourip"u8, YourIp.GetAddressBytes());
        writer.End();
        output.Extended((byte)ExtensionId.Handshake, writer.WrittenSpan);
    }

    private static IPAddress? Address(BencodeValue value, ReadOnlySpan<int> sizes)
    {
        if (!value.TryGetString(out var bytes) || !sizes.Contains(bytes.Length)) return null;
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
