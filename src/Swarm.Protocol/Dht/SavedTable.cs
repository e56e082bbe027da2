using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht;

/// <summary>
/// What a node keeps of its DHT between two runs: its id, the port it had, and nodes to begin with. As a bencoded dictionary: <c>id</c>, <c>nodes</c> (compact, of one family), <c>port</c>.
/// The id is for the same port only: two processes of one data folder must not both be the same node.
/// </summary>
/// <param name="Own">Our id.</param>
/// <param name="Port">Our port.</param>
/// <param name="Nodes">Nodes that were good, at most <see cref="MaxNodes"/>.</param>
public sealed record SavedTable(NodeId Own, int Port, ImmutableArray<NodeContact> Nodes)
{
    /// <summary>The most nodes that are kept.</summary>
    public const int MaxNodes = 1_000;

    private const int MaxTokens = 64;

    private static readonly BencodeLimits Limits = new() { MaxBytes = (MaxNodes * NodeContact.CompactSizeV6) + 256, MaxTokens = MaxTokens, MaxDepth = 4 };

    /// <summary>What to keep of a table: of every bucket the nodes that may be handed on.</summary>
    public static SavedTable Of(RoutingTable table, int port) => new(table.Own, port, [.. table.Buckets.SelectMany(bucket => bucket.Nodes).Take(MaxNodes)]);

    /// <summary>The bytes to keep.</summary>
    public ImmutableArray<byte> Encode()
    {
        var nodes = new byte[Nodes.Length * NodeContact.CompactSizeV6];
        var size = 0;
        foreach (var node in Nodes) size += node.WriteCompact(nodes.AsSpan(size));
        Span<byte> own = stackalloc byte[Bytes20.Size];
        Own.Value.CopyTo(own);
        return [.. new BencodeWriter(size + 64).BeginDictionary().WriteString("id"u8, own).WriteString("nodes"u8, nodes.AsSpan(0, size)).WriteInteger("port"u8, Port).End().WrittenSpan];
    }

    /// <summary>Reads what was kept for a family. False: it is not readable, and nothing of it is used.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, AddressFamily family, [NotNullWhen(true)] out SavedTable? saved)
    {
        saved = null;
        using var document = BencodeDocument.Parse(bytes, Limits, stackalloc BencodeToken[MaxTokens]);
        var root = document.Root;
        if (!root["id"u8].TryGetString(Bytes20.Size, out var id) || !root["nodes"u8].TryGetString(out var nodes) || !root["port"u8].TryGetInteger(0, ushort.MaxValue, out var port)) return false;
        var contacts = ImmutableArray.CreateBuilder<NodeContact>();
        foreach (var contact in new CompactNodes(nodes, BucketSnapshot.EntrySize(family)))
        {
            if (contacts.Count < MaxNodes) contacts.Add(contact);
        }

        saved = new SavedTable(new NodeId(id), port, contacts.ToImmutable());
        return true;
    }

    /// <summary>By content.</summary>
    public bool Equals(SavedTable? other) => other is not null && Own == other.Own && Port == other.Port && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Own, Port, Nodes.Length);
}
