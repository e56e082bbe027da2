using System.Numerics;
using System.Security.Cryptography;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Storage;

/// <summary>
/// A bloom filter of hosts (BEP 33): 2,048 bits, two of them for each address, from which a number of hosts can be estimated, also over what several nodes sent, without knowing them. Only addresses go in, no ports.
/// </summary>
public sealed class ScrapeFilter
{
    /// <summary>Bytes of a filter.</summary>
    public const int Size = 256;

    private const int BitCount = Size * 8;

    private readonly byte[] _bits = new byte[Size];

    /// <summary>The filter as it is sent.</summary>
    public ReadOnlySpan<byte> Bits => _bits;

    /// <summary>How many hosts were put in, about; 0.5 for an empty filter, by the BEP's formula. Beyond 6,000 it means nothing.</summary>
    public double Estimate
    {
        get
        {
            var zeros = BitCount;
            foreach (var value in _bits) zeros -= BitOperations.PopCount(value);
            return Math.Log(Math.Clamp(zeros, 1, BitCount - 1) / (double)BitCount) / (2 * Math.Log(1 - (1.0 / BitCount)));
        }
    }

    /// <summary>Puts a host in.</summary>
    public void Add(UdpAddress host)
    {
        var (first, second) = PlacesOf(host);
        _bits[first / 8] |= (byte)(1 << (first % 8));
        _bits[second / 8] |= (byte)(1 << (second % 8));
    }

    /// <summary>Puts in all that is in another filter, of <see cref="Size"/> bytes.</summary>
    public void Add(ReadOnlySpan<byte> filter)
    {
        for (var i = 0; i < Size; i++) _bits[i] |= filter[i];
    }

    /// <summary>Whether a host may have been put in; if not, it has not.</summary>
    public bool MayContain(UdpAddress host)
    {
        var (first, second) = PlacesOf(host);
        return (_bits[first / 8] & (1 << (first % 8))) != 0 && (_bits[second / 8] & (1 << (second % 8))) != 0;
    }

    /// <summary>Empties the filter.</summary>
    public void Clear() => Array.Clear(_bits);

    private static (int First, int Second) PlacesOf(UdpAddress host)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[Bytes20.Size];
        SHA1.HashData(bytes[..host.WriteAddress(bytes)], hash);
        return ((hash[0] | (hash[1] << 8)) % BitCount, (hash[2] | (hash[3] << 8)) % BitCount);
    }
}
