using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Wire;

/// <summary>
/// The canonical pieces that a peer may fetch while it is choked (BEP 6, "Allowed Fast Set Generation"): the same for every address of a /24,
/// so that a second address brings nothing. Defined for IPv4 and a v1 info-hash only; for anything else, send none.
/// </summary>
public static class AllowedFastSet
{
    /// <summary>
    /// The first <paramref name="count"/> pieces of the set, or all pieces if there are fewer, in canonical order. Empty for an address that is
    /// not IPv4 (an IPv4 address in IPv6 form is).
    /// </summary>
    /// <param name="peer">The address the connection comes from, or goes to.</param>
    /// <param name="infoHash">The v1 info-hash.</param>
    /// <param name="pieceCount">Pieces of the torrent, ≥ 1.</param>
    /// <param name="count">k, 0 to 100.</param>
    public static PieceIndex[] Generate(IPAddress peer, InfoHash infoHash, int pieceCount, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 100);
        if (peer.IsIPv4MappedToIPv6) peer = peer.MapToIPv4();
        Span<byte> seed = stackalloc byte[4 + Bytes20.Size];
        if (!peer.TryWriteBytes(seed, out var written) || written != 4) return [];
        seed[3] = 0;
        infoHash.Value.CopyTo(seed[4..]);

        var set = new List<PieceIndex>(Math.Min(count, pieceCount));
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        SHA1.HashData(seed, hash);
        // Ends: the chain of hashes is a random sequence, and the set is never larger than the pieces there are.
        while (set.Count < Math.Min(count, pieceCount))
        {
            for (var i = 0; i < 5 && set.Count < Math.Min(count, pieceCount); i++)
            {
                var piece = new PieceIndex((int)(BinaryPrimitives.ReadUInt32BigEndian(hash[(i * 4)..]) % (uint)pieceCount));
                if (!set.Contains(piece)) set.Add(piece);
            }

            SHA1.HashData(hash, hash);
        }

        return [.. set];
    }
}
