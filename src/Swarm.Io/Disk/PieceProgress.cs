using System.Numerics;
using System.Security.Cryptography;
using Swarm.Actors.Ports;
using Swarm.Io.Hashing;

namespace Swarm.Io.Disk;

/// <summary>A block's bytes while they are in memory; both slices empty: they are on disk only.</summary>
internal record struct BlockData(SlabSlice First, SlabSlice Second)
{
    public readonly bool IsHere => First.Slab is not null || Second.Slab is not null;
}

/// <summary>How a piece comes by its hash.</summary>
internal enum HashWay
{
    /// <summary>In step with others, once it is whole or its blocks take too much room; what is not hashed stays in memory.</summary>
    Together,

    /// <summary>By a running hash of its own, fed as blocks come.</summary>
    Running,

    /// <summary>From the file, once it is whole; nothing stays in memory.</summary>
    File,
}

/// <summary>
/// A piece being written: which blocks came, which of them are still to be written this turn ("fresh"), which still lie in memory, and how far
/// the running hash has got. Used by one worker; pooled, so its arrays are as long as the largest piece it ever served needs.
/// <para>Always holds: blocks below <see cref="Hashed"/> are hashed and not in memory; fresh blocks are in memory, and of a piece that is hashed together all that came and are not hashed; there is a running hash exactly if that is its way.</para>
/// </summary>
internal sealed class PieceProgress
{
    private ulong[] _have = [];
    private ulong[] _fresh = [];
    private BlockData[] _data = [];

    public DiskStorage Storage { get; private set; } = null!;

    public PieceIndex Piece { get; private set; }

    /// <summary>Blocks of the piece.</summary>
    public int BlockCount { get; private set; }

    /// <summary>Blocks that came.</summary>
    public int HaveCount { get; private set; }

    /// <summary>Blocks of this turn.</summary>
    public int FreshCount { get; private set; }

    /// <summary>Bytes of the fresh blocks.</summary>
    public int FreshBytes { get; private set; }

    /// <summary>Blocks at the start of the piece that are hashed.</summary>
    public int Hashed { get; set; }

    /// <summary>Bytes of the piece that are not hashed.</summary>
    public int UnhashedBytes => Storage.Geometry.PieceSize(Piece) - (Hashed * PieceGeometry.BlockSize);

    /// <summary>Where the hash of a piece has got to that is hashed together with others: after <see cref="Hashed"/> blocks, all of them of the full length.</summary>
    public Sha1State State { get; set; }

    /// <summary>How it comes by its hash.</summary>
    public HashWay Way { get; private set; }

    /// <summary>The running hash, if it has one.</summary>
    public IncrementalHash? Hash { get; private set; }

    /// <summary>When it was begun, as the clock's timestamp.</summary>
    public long Since { get; private set; }

    public bool IsComplete => HaveCount == BlockCount;

    /// <summary>Starts on a piece, which is hashed together with others unless something else is said.</summary>
    public void Begin(DiskStorage storage, PieceIndex piece, long now)
    {
        Storage = storage;
        Piece = piece;
        Since = now;
        BlockCount = storage.Geometry.BlocksIn(piece);
        Way = HashWay.Together;
        State = Sha1State.Start;
        HaveCount = FreshCount = FreshBytes = Hashed = 0;
        var words = (BlockCount + 63) / 64;
        if (_data.Length < BlockCount)
        {
            _data = new BlockData[BlockCount];
            _have = new ulong[words];
            _fresh = new ulong[words];
            return;
        }

        Array.Clear(_have);
        Array.Clear(_fresh);
    }

    /// <summary>From here on it has a running hash, or is read when it is whole.</summary>
    public void HashBy(IncrementalHash? running)
    {
        Hash = running;
        Way = running is null ? HashWay.File : HashWay.Running;
    }

    /// <summary>Drops what refers to others; the data must be released before.</summary>
    public void End()
    {
        Storage = null!;
        Hash = null;
    }

    /// <summary>Takes a block's bytes over. False: it was there already, nothing was taken.</summary>
    public bool TryTake(BlockIndex block, in SlabSlice first, in SlabSlice second)
    {
        ref var word = ref _have[block.Value >> 6];
        var bit = 1UL << (block.Value & 63);
        if ((word & bit) != 0) return false;
        word |= bit;
        _fresh[block.Value >> 6] |= bit;
        _data[block.Value] = new BlockData(first, second);
        HaveCount++;
        FreshCount++;
        FreshBytes += first.Length + second.Length;
        return true;
    }

    public bool Has(int block) => (_have[block >> 6] & (1UL << (block & 63))) != 0;

    public bool IsFresh(int block) => (_fresh[block >> 6] & (1UL << (block & 63))) != 0;

    /// <summary>How many blocks of the full length follow those that are hashed without a gap, in memory and in the file.</summary>
    /// <param name="isWritten">Whether the fresh ones are in the file.</param>
    public int BlocksToHash(bool isWritten)
    {
        var end = Hashed;
        while (end < BlockCount && Data(end).IsHere && (isWritten || !IsFresh(end))) end++;
        return end == BlockCount && UnhashedBytes % PieceGeometry.BlockSize != 0 ? end - Hashed - 1 : end - Hashed;
    }

    public ref BlockData Data(int block) => ref _data[block];

    /// <summary>The first fresh block at or after <paramref name="from"/>, or -1.</summary>
    public int NextFresh(int from)
    {
        for (var i = from; i < BlockCount;)
        {
            var word = _fresh[i >> 6] >> (i & 63);
            if (word != 0) return i + BitOperations.TrailingZeroCount(word);
            i = (i | 63) + 1;
        }

        return -1;
    }

    /// <summary>Ends the turn: nothing is fresh any more.</summary>
    public void ClearFresh()
    {
        Array.Clear(_fresh);
        FreshCount = FreshBytes = 0;
    }
}
