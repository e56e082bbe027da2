using System.Buffers.Binary;
using System.Numerics;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// SipHash-2-4 (Aumasson and Bernstein, 2012): a pseudo-random function of short messages under a key of 128 bits. Who does not know the key can neither foresee nor forge its values, which is what a token needs, at a
/// twentieth of the time of SHA-256. A value without state; used by <see cref="TokenIssuer"/>.
/// </summary>
internal readonly struct SipHash
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 16;

    private readonly ulong _first;
    private readonly ulong _second;

    /// <summary>Takes a key of <see cref="KeySize"/> bytes.</summary>
    public SipHash(ReadOnlySpan<byte> key)
    {
        _first = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _second = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>The hash of a message of any length.</summary>
    public ulong Compute(ReadOnlySpan<byte> message)
    {
        var state = new State(_first, _second);
        var rest = message;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..]) state.Absorb(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        var last = (ulong)message.Length << 56;
        for (var i = 0; i < rest.Length; i++) last |= (ulong)rest[i] << (8 * i);
        state.Absorb(last);
        return state.Finish();
    }

    private struct State
    {
        private ulong _a;
        private ulong _b;
        private ulong _c;
        private ulong _d;

        public State(ulong first, ulong second)
        {
            _a = first ^ 0x736f_6d65_7073_6575;
            _b = second ^ 0x646f_7261_6e64_6f6d;
            _c = first ^ 0x6c79_6765_6e65_7261;
            _d = second ^ 0x7465_6462_7974_6573;
        }

        public void Absorb(ulong word)
        {
            _d ^= word;
            Round();
            Round();
            _a ^= word;
        }

        public ulong Finish()
        {
            _c ^= 0xff;
            Round();
            Round();
            Round();
            Round();
            return _a ^ _b ^ _c ^ _d;
        }

        private void Round()
        {
            _a += _b;
            _c += _d;
            _b = BitOperations.RotateLeft(_b, 13) ^ _a;
            _d = BitOperations.RotateLeft(_d, 16) ^ _c;
            _a = BitOperations.RotateLeft(_a, 32);
            _c += _b;
            _a += _d;
            _b = BitOperations.RotateLeft(_b, 17) ^ _c;
            _d = BitOperations.RotateLeft(_d, 21) ^ _a;
            _c = BitOperations.RotateLeft(_c, 32);
        }
    }
}
