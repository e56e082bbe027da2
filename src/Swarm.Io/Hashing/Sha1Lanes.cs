using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Swarm.Io.Hashing;

/// <summary>Where a SHA-1 has got to after some whole blocks of its message: five words.</summary>
internal readonly record struct Sha1State(uint A, uint B, uint C, uint D, uint E)
{
    /// <summary>Before the first block (FIPS 180-4, section 5.3.1).</summary>
    public static Sha1State Start { get; } = new(0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0);
}

/// <summary>
/// Up to sixteen running SHA-1 hashes that are fed in step: as many blocks to each of them at a time. Owned by one thread, used again and again.
/// <para>
/// A step costs the same however many lanes are in use, about as much as <see cref="Worthwhile"/> messages one after the other with the processor's own instructions for SHA-1; so it is for whoever has that many messages of much the same
/// length. Where the instructions are missing (<see cref="IsSupported"/>) there is none of this, and whoever would use it hashes one message after the other.
/// </para>
/// </summary>
internal sealed unsafe class Sha1Lanes : IDisposable
{
    /// <summary>The most messages at once.</summary>
    public const int Most = Sha1Compression.Lanes;

    /// <summary>Messages of one length from which on it is faster than one after the other, with something in hand.</summary>
    public const int Worthwhile = 5;

    /// <summary>Bytes of a block, of which a step takes one or more from every lane.</summary>
    public const int BlockBytes = Sha1Compression.BlockBytes;

    private readonly uint* _state = (uint*)NativeMemory.AlignedAlloc(Sha1Compression.StateWords * sizeof(uint), 64);
    private readonly uint* _ending = (uint*)NativeMemory.AlignedAlloc(Sha1Compression.StateWords * sizeof(uint), 64);
    private bool _disposed;

    /// <summary>Whether this processor can.</summary>
    public static bool IsSupported => Sha1Compression.IsSupported;

    /// <summary>Starts sixteen messages.</summary>
    public void Begin()
    {
        for (var lane = 0; lane < Most; lane++) this[lane] = Sha1State.Start;
    }

    /// <summary>Where a lane has got to.</summary>
    /// <param name="lane">Which, from zero.</param>
    public Sha1State this[int lane]
    {
        get => new(_state[lane], _state[Most + lane], _state[(2 * Most) + lane], _state[(3 * Most) + lane], _state[(4 * Most) + lane]);
        set => (_state[lane], _state[Most + lane], _state[(2 * Most) + lane], _state[(3 * Most) + lane], _state[(4 * Most) + lane]) = value;
    }

    /// <summary>Feeds every lane, those that are not used with the first one's bytes.</summary>
    /// <param name="lanes">Where each lane's bytes lie, for 1 to 16 lanes from the first on; they stay where they are during the call.</param>
    /// <param name="blocks">Blocks of 64 bytes from each.</param>
    public void Append(ReadOnlySpan<nint> lanes, int blocks)
    {
        var all = stackalloc byte*[Most];
        for (var lane = 0; lane < Most; lane++) all[lane] = (byte*)lanes[lane < lanes.Length ? lane : 0];
        Sha1Compression.Compress(_state, all, blocks);
    }

    /// <summary>Gives one lane's hash; the others are as they were.</summary>
    /// <param name="lane">Which, from zero.</param>
    /// <param name="tail">What is left of its message, less than a block.</param>
    /// <param name="length">Bytes of the whole message.</param>
    /// <param name="hash">Twenty bytes.</param>
    public void Finish(int lane, ReadOnlySpan<byte> tail, long length, Span<byte> hash)
    {
        var padding = stackalloc byte[2 * BlockBytes];
        var padded = new Span<byte>(padding, tail.Length < BlockBytes - sizeof(ulong) ? BlockBytes : 2 * BlockBytes);
        padded.Clear();
        tail.CopyTo(padded);
        padded[tail.Length] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(padded[^sizeof(ulong)..], length * 8);
        var all = stackalloc byte*[Most];
        for (var i = 0; i < Most; i++) all[i] = padding;
        new Span<uint>(_state, Sha1Compression.StateWords).CopyTo(new Span<uint>(_ending, Sha1Compression.StateWords));
        Sha1Compression.Compress(_ending, all, padded.Length / BlockBytes);
        for (var word = 0; word < Bytes20.Size / sizeof(uint); word++) BinaryPrimitives.WriteUInt32BigEndian(hash[(word * sizeof(uint))..], _ending[(word * Most) + lane]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        NativeMemory.AlignedFree(_state);
        NativeMemory.AlignedFree(_ending);
    }
}
