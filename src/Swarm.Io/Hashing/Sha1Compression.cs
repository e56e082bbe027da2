using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector512<uint>;

namespace Swarm.Io.Hashing;

/// <summary>
/// The compression function of SHA-1 (FIPS 180-4, section 6.1.2) for sixteen messages at once, one in each lane of a 512-bit register.
/// A single message cannot be hashed faster than its rounds follow each other, whatever instructions there are for it; sixteen that have nothing to do with each other fill the units that would wait.
/// <para>
/// Every line of the sixteen below is five rounds of all lanes; the message schedule runs in place in sixteen registers. Nothing is allocated and nothing is checked: the addresses are the caller's care.
/// </para>
/// </summary>
internal static unsafe class Sha1Compression
{
    /// <summary>Messages hashed at once.</summary>
    public const int Lanes = 16;

    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 64;

    /// <summary>Words of a state: five for each lane, the first words of all lanes first.</summary>
    public const int StateWords = 5 * Lanes;

    // "b ? c : d", "b ^ c ^ d" and what most of the three are, as tables of truth.
    private const byte Choose = 0xCA;
    private const byte Parity = 0x96;
    private const byte Majority = 0xE8;
    private const byte EvenParts = 0b10_00_10_00;
    private const byte OddParts = 0b11_01_11_01;

    /// <summary>Whether this processor has the instructions, and is not slowed down by them.</summary>
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    /// <summary>Puts blocks of every lane into the lanes' states.</summary>
    /// <param name="state"><see cref="StateWords"/> words.</param>
    /// <param name="lanes">Sixteen addresses, each of at least <paramref name="blocks"/> blocks.</param>
    /// <param name="blocks">Blocks of 64 bytes, the same number from every lane.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress(uint* state, byte** lanes, long blocks)
    {
        var k0 = Vector512.Create(0x5A827999u);
        var k1 = Vector512.Create(0x6ED9EBA1u);
        var k2 = Vector512.Create(0x8F1BBCDCu);
        var k3 = Vector512.Create(0xCA62C1D6u);
        var swap = Vector512.Create(Vector256.Create(Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
        var h0 = Vector512.Load(state);
        var h1 = Vector512.Load(state + Lanes);
        var h2 = Vector512.Load(state + (2 * Lanes));
        var h3 = Vector512.Load(state + (3 * Lanes));
        var h4 = Vector512.Load(state + (4 * Lanes));
        for (long offset = 0; offset < blocks * BlockBytes; offset += BlockBytes)
        {
            Load(lanes, offset, out var p0, out var p1, out var p2, out var p3);
            Load(lanes + 4, offset, out var q0, out var q1, out var q2, out var q3);
            Load(lanes + 8, offset, out var r0, out var r1, out var r2, out var r3);
            Load(lanes + 12, offset, out var s0, out var s1, out var s2, out var s3);
            Sort(p0, q0, r0, s0, swap, out var w0, out var w4, out var w8, out var w12);
            Sort(p1, q1, r1, s1, swap, out var w1, out var w5, out var w9, out var w13);
            Sort(p2, q2, r2, s2, swap, out var w2, out var w6, out var w10, out var w14);
            Sort(p3, q3, r3, s3, swap, out var w3, out var w7, out var w11, out var w15);

            Words a = h0, b = h1, c = h2, d = h3, e = h4;
            Five(Choose, ref a, ref b, ref c, ref d, ref e, k0, w0, w1, w2, w3, w4);
            Five(Choose, ref a, ref b, ref c, ref d, ref e, k0, w5, w6, w7, w8, w9);
            Five(Choose, ref a, ref b, ref c, ref d, ref e, k0, w10, w11, w12, w13, w14);
            Five(Choose, ref a, ref b, ref c, ref d, ref e, k0, w15, w0 = Next(w0, w2, w8, w13), w1 = Next(w1, w3, w9, w14), w2 = Next(w2, w4, w10, w15), w3 = Next(w3, w5, w11, w0));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k1, w4 = Next(w4, w6, w12, w1), w5 = Next(w5, w7, w13, w2), w6 = Next(w6, w8, w14, w3), w7 = Next(w7, w9, w15, w4), w8 = Next(w8, w10, w0, w5));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k1, w9 = Next(w9, w11, w1, w6), w10 = Next(w10, w12, w2, w7), w11 = Next(w11, w13, w3, w8), w12 = Next(w12, w14, w4, w9), w13 = Next(w13, w15, w5, w10));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k1, w14 = Next(w14, w0, w6, w11), w15 = Next(w15, w1, w7, w12), w0 = Next(w0, w2, w8, w13), w1 = Next(w1, w3, w9, w14), w2 = Next(w2, w4, w10, w15));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k1, w3 = Next(w3, w5, w11, w0), w4 = Next(w4, w6, w12, w1), w5 = Next(w5, w7, w13, w2), w6 = Next(w6, w8, w14, w3), w7 = Next(w7, w9, w15, w4));
            Five(Majority, ref a, ref b, ref c, ref d, ref e, k2, w8 = Next(w8, w10, w0, w5), w9 = Next(w9, w11, w1, w6), w10 = Next(w10, w12, w2, w7), w11 = Next(w11, w13, w3, w8), w12 = Next(w12, w14, w4, w9));
            Five(Majority, ref a, ref b, ref c, ref d, ref e, k2, w13 = Next(w13, w15, w5, w10), w14 = Next(w14, w0, w6, w11), w15 = Next(w15, w1, w7, w12), w0 = Next(w0, w2, w8, w13), w1 = Next(w1, w3, w9, w14));
            Five(Majority, ref a, ref b, ref c, ref d, ref e, k2, w2 = Next(w2, w4, w10, w15), w3 = Next(w3, w5, w11, w0), w4 = Next(w4, w6, w12, w1), w5 = Next(w5, w7, w13, w2), w6 = Next(w6, w8, w14, w3));
            Five(Majority, ref a, ref b, ref c, ref d, ref e, k2, w7 = Next(w7, w9, w15, w4), w8 = Next(w8, w10, w0, w5), w9 = Next(w9, w11, w1, w6), w10 = Next(w10, w12, w2, w7), w11 = Next(w11, w13, w3, w8));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k3, w12 = Next(w12, w14, w4, w9), w13 = Next(w13, w15, w5, w10), w14 = Next(w14, w0, w6, w11), w15 = Next(w15, w1, w7, w12), w0 = Next(w0, w2, w8, w13));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k3, w1 = Next(w1, w3, w9, w14), w2 = Next(w2, w4, w10, w15), w3 = Next(w3, w5, w11, w0), w4 = Next(w4, w6, w12, w1), w5 = Next(w5, w7, w13, w2));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k3, w6 = Next(w6, w8, w14, w3), w7 = Next(w7, w9, w15, w4), w8 = Next(w8, w10, w0, w5), w9 = Next(w9, w11, w1, w6), w10 = Next(w10, w12, w2, w7));
            Five(Parity, ref a, ref b, ref c, ref d, ref e, k3, w11 = Next(w11, w13, w3, w8), w12 = Next(w12, w14, w4, w9), w13 = Next(w13, w15, w5, w10), w14 = Next(w14, w0, w6, w11), w15 = Next(w15, w1, w7, w12));

            h0 += a;
            h1 += b;
            h2 += c;
            h3 += d;
            h4 += e;
        }

        h0.Store(state);
        h1.Store(state + Lanes);
        h2.Store(state + (2 * Lanes));
        h3.Store(state + (3 * Lanes));
        h4.Store(state + (4 * Lanes));
    }

    /// <summary>A block's sixteen words of four lanes: each vector has in its four parts the words j, 4 + j, 8 + j and 12 + j of all four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte** lanes, long offset, out Words words0, out Words words1, out Words words2, out Words words3)
    {
        var lane0 = Vector512.Load(lanes[0] + offset).AsUInt32();
        var lane1 = Vector512.Load(lanes[1] + offset).AsUInt32();
        var lane2 = Vector512.Load(lanes[2] + offset).AsUInt32();
        var lane3 = Vector512.Load(lanes[3] + offset).AsUInt32();
        var low01 = Avx512F.UnpackLow(lane0, lane1).AsUInt64();
        var high01 = Avx512F.UnpackHigh(lane0, lane1).AsUInt64();
        var low23 = Avx512F.UnpackLow(lane2, lane3).AsUInt64();
        var high23 = Avx512F.UnpackHigh(lane2, lane3).AsUInt64();
        words0 = Avx512F.UnpackLow(low01, low23).AsUInt32();
        words1 = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        words2 = Avx512F.UnpackLow(high01, high23).AsUInt32();
        words3 = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    /// <summary>Takes four words of four times four lanes apart into one vector a word, in the processor's order of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sort(Words lanes0, Words lanes4, Words lanes8, Words lanes12, Vector512<byte> swap, out Words word0, out Words word4, out Words word8, out Words word12)
    {
        var even0 = Avx512F.Shuffle4x128(lanes0, lanes4, EvenParts);
        var odd0 = Avx512F.Shuffle4x128(lanes0, lanes4, OddParts);
        var even8 = Avx512F.Shuffle4x128(lanes8, lanes12, EvenParts);
        var odd8 = Avx512F.Shuffle4x128(lanes8, lanes12, OddParts);
        word0 = Avx512BW.Shuffle(Avx512F.Shuffle4x128(even0, even8, EvenParts).AsByte(), swap).AsUInt32();
        word4 = Avx512BW.Shuffle(Avx512F.Shuffle4x128(odd0, odd8, EvenParts).AsByte(), swap).AsUInt32();
        word8 = Avx512BW.Shuffle(Avx512F.Shuffle4x128(even0, even8, OddParts).AsByte(), swap).AsUInt32();
        word12 = Avx512BW.Shuffle(Avx512F.Shuffle4x128(odd0, odd8, OddParts).AsByte(), swap).AsUInt32();
    }

    /// <summary>The schedule's word sixteen rounds on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Next(Words w16, Words w14, Words w8, Words w3) => Avx512F.RotateLeft(Avx512F.TernaryLogic(w16, w14, w8, Parity) ^ w3, 1);

    /// <summary>Five rounds, after which every word is where it was. <paramref name="logic"/>: what becomes of b, c and d, as a table of truth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Five([ConstantExpected] byte logic, ref Words a, ref Words b, ref Words c, ref Words d, ref Words e, Words k, Words w0, Words w1, Words w2, Words w3, Words w4)
    {
        Round(a, ref b, Avx512F.TernaryLogic(b, c, d, logic), ref e, k, w0);
        Round(e, ref a, Avx512F.TernaryLogic(a, b, c, logic), ref d, k, w1);
        Round(d, ref e, Avx512F.TernaryLogic(e, a, b, logic), ref c, k, w2);
        Round(c, ref d, Avx512F.TernaryLogic(d, e, a, logic), ref b, k, w3);
        Round(b, ref c, Avx512F.TernaryLogic(c, d, e, logic), ref a, k, w4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(Words a, ref Words b, Words f, ref Words e, Words k, Words w)
    {
        e = e + k + w + f + Avx512F.RotateLeft(a, 5);
        b = Avx512F.RotateLeft(b, 30);
    }
}
