using System.Numerics;
using System.Security.Cryptography;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Tests.Protocol.Dht;

/// <summary>Ed25519 as RFC 8032 writes it down, in plain numbers: slow, and only to check others against.</summary>
internal sealed class ReferenceEd25519 : IItemSignatures
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger L = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
    private static readonly BigInteger D = Mod(-121665 * Inverse(121666));
    private static readonly BigInteger RootOfMinusOne = BigInteger.ModPow(2, (P - 1) / 4, P);
    private static readonly (BigInteger X, BigInteger Y) Base = Point(Mod(4 * Inverse(5)), isOdd: false)!.Value;

    public int Verifications { get; private set; }

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Verifications++;
        var s = Number(signature[32..]);
        if (s >= L || Decode(signature[..32]) is not { } r || Decode(publicKey) is not { } a) return false;
        var k = Number(SHA512.HashData([.. signature[..32], .. publicKey, .. message])) % L;
        return Times(Base, s) == Add(r, Times(a, k));
    }

    public void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        var hash = SHA512.HashData(seed);
        var scalar = Scalar(hash);
        var publicKey = Encode(Times(Base, scalar));
        var r = Number(SHA512.HashData([.. hash.AsSpan(32), .. message])) % L;
        Encode(Times(Base, r)).CopyTo(signature);
        var k = Number(SHA512.HashData([.. signature[..32], .. publicKey, .. message])) % L;
        Bytes((r + (k * scalar)) % L).CopyTo(signature[32..]);
    }

    public void KeyFromSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey) => Encode(Times(Base, Scalar(SHA512.HashData(seed)))).CopyTo(publicKey);

    private static BigInteger Scalar(byte[] hash)
    {
        var bytes = hash[..32];
        bytes[0] &= 248;
        bytes[31] = (byte)((bytes[31] & 127) | 64);
        return Number(bytes);
    }

    private static (BigInteger X, BigInteger Y) Times((BigInteger X, BigInteger Y) point, BigInteger scalar)
    {
        var (sum, one) = (new Extended(0, 1, 1, 0), Extended.Of(point));
        for (var bit = (int)scalar.GetBitLength() - 1; bit >= 0; bit--)
        {
            sum = Add(sum, sum);
            if (!((scalar >> bit) & 1).IsZero) sum = Add(sum, one);
        }

        return sum.Point;
    }

    private static (BigInteger X, BigInteger Y) Add((BigInteger X, BigInteger Y) a, (BigInteger X, BigInteger Y) b) => Add(Extended.Of(a), Extended.Of(b)).Point;

    private static Extended Add(Extended p, Extended q)
    {
        var (a, b) = (Mod((p.Y - p.X) * (q.Y - q.X)), Mod((p.Y + p.X) * (q.Y + q.X)));
        var (c, d) = (Mod(2 * D * p.T * q.T), Mod(2 * p.Z * q.Z));
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new Extended(Mod(e * f), Mod(g * h), Mod(f * g), Mod(e * h));
    }

    private static (BigInteger X, BigInteger Y)? Decode(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = [.. bytes];
        copy[31] &= 127;
        var y = Number(copy);
        return y < P ? Point(y, (bytes[31] & 128) != 0) : null;
    }

    private static (BigInteger X, BigInteger Y)? Point(BigInteger y, bool isOdd)
    {
        var square = Mod(((y * y) - 1) * Inverse((D * y * y) + 1));
        var x = BigInteger.ModPow(square, (P + 3) / 8, P);
        if (Mod((x * x) - square) != 0) x = Mod(x * RootOfMinusOne);
        if (Mod((x * x) - square) != 0) return null;
        return (x.IsEven == isOdd ? P - x : x, y);
    }

    private static byte[] Encode((BigInteger X, BigInteger Y) point)
    {
        var bytes = Bytes(point.Y);
        if (!point.X.IsEven) bytes[31] |= 128;
        return bytes;
    }

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        number.TryWriteBytes(bytes, out _, isUnsigned: true);
        return bytes;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    private static BigInteger Mod(BigInteger number) => ((number % P) + P) % P;

    private static BigInteger Inverse(BigInteger number) => BigInteger.ModPow(Mod(number), P - 2, P);

    // A point with its divisor kept apart, and T = XY / Z (RFC 8032, section 5.1.4).
    private readonly record struct Extended(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T)
    {
        public (BigInteger X, BigInteger Y) Point => (Mod(X * Inverse(Z)), Mod(Y * Inverse(Z)));

        public static Extended Of((BigInteger X, BigInteger Y) point) => new(point.X, point.Y, 1, Mod(point.X * point.Y));
    }
}
