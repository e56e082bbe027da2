using System.Buffers.Binary;
using System.Collections.Immutable;
using Swarm.Protocol.Cluster;

namespace Swarm.Host.Cluster;

/// <summary>Messages of one request, each with its length before it (4 bytes, big-endian). Pure.</summary>
internal static class MessageBatch
{
    /// <summary>What a message costs besides its own bytes.</summary>
    public const int Overhead = sizeof(int);

    /// <summary>Writes messages one after another.</summary>
    public static byte[] Write(IReadOnlyCollection<ImmutableArray<byte>> messages)
    {
        var bytes = new byte[messages.Sum(static message => message.Length + Overhead)];
        var rest = bytes.AsSpan();
        foreach (var message in messages)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, message.Length);
            message.CopyTo(rest[Overhead..]);
            rest = rest[(message.Length + Overhead)..];
        }

        return bytes;
    }

    /// <summary>Reads them; false: a length is not that of a message, the last is cut, or there are more than <paramref name="limit"/>. Then none of them counts.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int limit, out ImmutableArray<ImmutableArray<byte>> messages)
    {
        messages = [];
        var read = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        while (!bytes.IsEmpty)
        {
            if (read.Count == limit || bytes.Length < Overhead) return false;
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
            bytes = bytes[Overhead..];
            if (length is < 1 or > ClusterLimits.MaxMessageBytes || length > bytes.Length) return false;
            read.Add([.. bytes[..length]]);
            bytes = bytes[length..];
        }

        messages = read.ToImmutable();
        return true;
    }
}
