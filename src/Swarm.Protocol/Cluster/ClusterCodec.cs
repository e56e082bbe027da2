using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Cluster;

/// <summary>Why a message was not taken.</summary>
public enum ClusterRefusal
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>More than <see cref="ClusterLimits.MaxMessageBytes"/>.</summary>
    Oversized,

    /// <summary>Not of this protocol, cut short, or with fields that cannot be.</summary>
    Malformed,

    /// <summary>Of a version that is neither ours nor next to it.</summary>
    Version,

    /// <summary>Of another cluster.</summary>
    Cluster,

    /// <summary>Of a kind that we do not know.</summary>
    Unknown,
}

/// <summary>
/// Messages between nodes as bytes. All numbers big-endian: <c>magic 2, version 2, kind 2, cluster 8, generation 8, end point (length 2, UTF-8)</c>, then the body.
/// <para>
/// Two versions that are next to each other interoperate: a later version only appends fields to a body. Who reads a newer one ignores what is left over, who reads an older one takes a default for what is missing. Kinds that are newer are refused as unknown, and counted; nothing
/// breaks by their loss.
/// </para>
/// </summary>
public static class ClusterCodec
{
    /// <summary>The version of this program. 1: the first. 2: pings and pongs carry the last change of the torrents.</summary>
    public const int Version = 2;

    private const ushort Magic = 0x5357;

    /// <summary>The number by which a cluster's messages are told from another's.</summary>
    public static ulong ClusterNumber(string name) => ClusterHash.Of(name);

    /// <summary>A message in the form of the header's version: this program's, or the one before it.</summary>
    public static ImmutableArray<byte> Encode(ClusterHeader header, ClusterMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        UInt16(buffer, Magic);
        UInt16(buffer, header.Version);
        UInt16(buffer, (int)KindOf(message));
        UInt64(buffer, header.Cluster);
        UInt64(buffer, unchecked((ulong)header.Sender.Generation));
        Text(buffer, header.Sender.EndPoint);
        Body(buffer, message, header.Version);
        return [.. buffer.WrittenSpan];
    }

    /// <summary>Reads a message that came from outside, as a member of a version and a cluster.</summary>
    public static ClusterRefusal TryDecode(ReadOnlySpan<byte> bytes, int ownVersion, ulong cluster, out ClusterHeader header, out ClusterMessage? message)
    {
        header = default;
        message = null;
        if (bytes.Length > ClusterLimits.MaxMessageBytes) return ClusterRefusal.Oversized;
        var reader = new ClusterReader(bytes);
        if (reader.UInt16() != Magic) return ClusterRefusal.Malformed;
        int version = reader.UInt16();
        int kind = reader.UInt16();
        var ofCluster = reader.UInt64();
        var generation = reader.Count();
        var endPoint = reader.Text(ClusterLimits.MaxNameLength);
        if (reader.IsBroken || endPoint.Length == 0) return ClusterRefusal.Malformed;
        header = new ClusterHeader(version, ofCluster, new MemberId(endPoint, generation));
        if (Math.Abs(version - ownVersion) > 1) return ClusterRefusal.Version;
        if (ofCluster != cluster) return ClusterRefusal.Cluster;
        if (!Enum.IsDefined((ClusterMessageKind)kind)) return ClusterRefusal.Unknown;
        var read = Body(ref reader, (ClusterMessageKind)kind, version);
        // What a newer version appended is not ours to read; what our own has left over is wrong.
        if (reader.IsBroken || (reader.Left > 0 && version <= ownVersion)) return ClusterRefusal.Malformed;
        message = read;
        return ClusterRefusal.None;
    }

    private static ClusterMessageKind KindOf(ClusterMessage message) => message switch
    {
        ClusterMessage.Ping => ClusterMessageKind.Ping,
        ClusterMessage.Pong => ClusterMessageKind.Pong,
        ClusterMessage.Changed => ClusterMessageKind.Changed,
        ClusterMessage.NodeReport => ClusterMessageKind.NodeReport,
        ClusterMessage.Bans => ClusterMessageKind.Bans,
        ClusterMessage.Quota => ClusterMessageKind.Quota,
        ClusterMessage.Subscribe => ClusterMessageKind.Subscribe,
        ClusterMessage.Events => ClusterMessageKind.Events,
        ClusterMessage.Replan => ClusterMessageKind.Replan,
        _ => throw new ArgumentException($"{message.GetType().Name} has no number.", nameof(message)),
    };

    private static void Body(ArrayBufferWriter<byte> to, ClusterMessage message, int version)
    {
        switch (message)
        {
            case ClusterMessage.Ping ping:
                Counts(to, ping.TargetGeneration, ping.Sequence, ping.Version);
                if (version >= 2) Counts(to, ping.Change);
                break;
            case ClusterMessage.Pong pong:
                Counts(to, pong.Sequence, pong.Version);
                if (version >= 2) Counts(to, pong.Change);
                break;
            case ClusterMessage.Changed changed: Counts(to, changed.Version, changed.Change); break;
            case ClusterMessage.NodeReport report: Counts(to, report.Torrents, report.Peers, report.DownloadRate, report.UploadRate, report.DownloadDemand, report.UploadDemand); break;
            case ClusterMessage.Bans bans:
                UInt16(to, bans.Entries.Length);
                foreach (var ban in bans.Entries) Write(to, ban);
                break;
            case ClusterMessage.Quota quota:
                // One more than is meant, so that -1, no limit, is 0.
                Counts(to, quota.Download + 1, quota.Upload + 1);
                Time(to, quota.Lasting);
                break;
            case ClusterMessage.Subscribe subscribe: Time(to, subscribe.Lasting); break;
            case ClusterMessage.Events events:
                UInt16(to, events.Entries.Length);
                foreach (var happened in events.Entries) Write(to, happened);
                break;
        }
    }

    private static ClusterMessage? Body(ref ClusterReader from, ClusterMessageKind kind, int version) => kind switch
    {
        ClusterMessageKind.Ping => new ClusterMessage.Ping(from.Count(), from.Count(), from.Count(), version >= 2 ? from.Count() : 0),
        ClusterMessageKind.Pong => new ClusterMessage.Pong(from.Count(), from.Count(), version >= 2 ? from.Count() : 0),
        ClusterMessageKind.Changed => new ClusterMessage.Changed(from.Count(), from.Count()),
        ClusterMessageKind.NodeReport => new ClusterMessage.NodeReport(Number(from.Count()), Number(from.Count()), from.Count(), from.Count(), from.Count(), from.Count()),
        ClusterMessageKind.Bans => new ClusterMessage.Bans(ReadBans(ref from)),
        ClusterMessageKind.Quota => new ClusterMessage.Quota(from.Count() - 1, from.Count() - 1, from.Time()),
        ClusterMessageKind.Subscribe => new ClusterMessage.Subscribe(from.Time()),
        ClusterMessageKind.Events => new ClusterMessage.Events(ReadEvents(ref from)),
        ClusterMessageKind.Replan => new ClusterMessage.Replan(),
        _ => null,
    };

    private static int Number(long value) => (int)Math.Min(value, int.MaxValue);

    private static ImmutableArray<Ban> ReadBans(ref ClusterReader from)
    {
        var bans = ImmutableArray.CreateBuilder<Ban>();
        for (int left = from.UInt16(); left > 0 && !from.IsBroken && bans.Count <= ClusterLimits.MaxMessageEntries; left--)
        {
            var address = from.Bytes(16);
            if (address.Length is not (4 or 16)) return Broken<Ban>(ref from);
            bans.Add(new Ban(new IPAddress(address), from.Time(), from.Text(ClusterLimits.MaxReasonLength)));
        }

        return bans.Count > ClusterLimits.MaxMessageEntries ? Broken<Ban>(ref from) : bans.ToImmutable();
    }

    private static ImmutableArray<ClusterEvent> ReadEvents(ref ClusterReader from)
    {
        var events = ImmutableArray.CreateBuilder<ClusterEvent>();
        for (int left = from.UInt16(); left > 0 && !from.IsBroken && events.Count <= ClusterLimits.MaxMessageEntries; left--)
        {
            if (!from.Take(Bytes20.Size, out var hash)) break;
            events.Add(new ClusterEvent(new InfoHash(hash), from.UInt16(), from.Text(ClusterLimits.MaxReasonLength)));
        }

        return events.Count > ClusterLimits.MaxMessageEntries ? Broken<ClusterEvent>(ref from) : events.ToImmutable();
    }

    // Reads beyond the end, which no message survives.
    private static ImmutableArray<T> Broken<T>(ref ClusterReader from)
    {
        from.Take(int.MaxValue, out _);
        return [];
    }

    private static void Write(ArrayBufferWriter<byte> to, Ban ban)
    {
        var address = ban.Address.GetAddressBytes();
        UInt16(to, address.Length);
        to.Write(address);
        Time(to, ban.Left);
        Text(to, ban.Reason);
    }

    private static void Write(ArrayBufferWriter<byte> to, ClusterEvent happened)
    {
        happened.Torrent.Value.CopyTo(to.GetSpan(Bytes20.Size));
        to.Advance(Bytes20.Size);
        UInt16(to, happened.State);
        Text(to, happened.Reason);
    }

    private static void Counts(ArrayBufferWriter<byte> to, params ReadOnlySpan<long> values)
    {
        foreach (var value in values) UInt64(to, unchecked((ulong)value));
    }

    private static void Time(ArrayBufferWriter<byte> to, TimeSpan time)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to.GetSpan(4), (uint)Math.Clamp(time.TotalMilliseconds, 0, uint.MaxValue));
        to.Advance(4);
    }

    // A text that is too long is cut between characters: it is for people, or was checked where it was set.
    private static void Text(ArrayBufferWriter<byte> to, string text)
    {
        var cut = text.Length > ClusterLimits.MaxReasonLength ? text[..(char.IsHighSurrogate(text[ClusterLimits.MaxReasonLength - 1]) ? ClusterLimits.MaxReasonLength - 1 : ClusterLimits.MaxReasonLength)] : text;
        UInt16(to, Encoding.UTF8.GetByteCount(cut));
        Encoding.UTF8.GetBytes(cut, to);
    }

    private static void UInt16(ArrayBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to.GetSpan(2), (ushort)value);
        to.Advance(2);
    }

    private static void UInt64(ArrayBufferWriter<byte> to, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to.GetSpan(8), value);
        to.Advance(8);
    }
}
