using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Swarm.Io.Hashing;
using Swarm.Protocol.Choking;
using Swarm.Protocol.Picking;
using Swarm.Protocol.Primitives;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;

namespace Swarm.Benchmarks;

/// <summary>
/// The pure classes that every transferred block passes. An operation is a block, but of <see cref="Choke"/>, where it is a peer in a round. The crowd is what else there is: so many peers that are slow, have what the busy one has and are being fetched from;
/// what an operation costs shall not grow with it beyond what the class says of itself.
/// </summary>
public sealed class TransferCases
{
    private const int PieceLength = 1 << 20;
    private const int Pieces = 4096;
    private const int Blocks = PieceLength / PieceGeometry.BlockSize;
    private static readonly PieceGeometry Geometry = new((long)PieceLength * Pieces, PieceLength);
    private readonly byte[] _slab = Slab();
    private readonly byte[] _block = new byte[PieceGeometry.BlockSize];
    private readonly List<BlockRequest> _picked = [];
    private readonly List<PeerRequest> _cancels = [];
    private readonly List<ChokeChange> _changes = [];
    private readonly Dictionary<int, PiecePicker> _pickers = [];
    private readonly Dictionary<int, Choker> _chokers = [];
    private long _now;

    /// <summary>Whole pieces in slabs of 15 blocks, as a fast link delivers them.</summary>
    public void Decode(int blocks)
    {
        var decoder = new WireDecoder(WireSettings.Default);
        decoder.MetadataKnown(Geometry);
        for (var done = 0; done < blocks;)
        {
            var position = 0;
            while (decoder.TryRead(_slab, ref position, out var message))
            {
                if (message.IsLast) done++;
            }
        }
    }

    /// <summary>One busy peer among a crowd of slow ones: sixteen blocks come, sixteen more are picked, written and, by the piece, verified.</summary>
    public void Pick(int blocks, int crowd)
    {
        if (!_pickers.TryGetValue(crowd, out var picker)) _pickers[crowd] = picker = Crowded(crowd);
        var busy = new PeerKey(0);
        var hints = new PickHints { Speed = PeerSpeed.Fast };
        for (var done = 0; done < blocks;)
        {
            _picked.Clear();
            _cancels.Clear();
            if (picker.Pick(busy, 16, _picked, hints) == 0)
            {
                picker = _pickers[crowd] = Crowded(crowd);
                continue;
            }

            foreach (var block in _picked)
            {
                picker.BlockReceived(busy, block, _cancels);
                if (picker.BlockWritten(block.Piece, new BlockIndex(block.Begin / PieceGeometry.BlockSize))) picker.PieceVerified(block.Piece, _cancels);
            }

            done += _picked.Count;
        }
    }

    /// <summary>A round of the choker over the crowd, each of whom moved something.</summary>
    public void Choke(int rounds, int crowd)
    {
        if (!_chokers.TryGetValue(crowd, out var choker))
        {
            _chokers[crowd] = choker = new Choker(ChokerSettings.Default, new Random(1));
            for (var i = 0; i < crowd; i++)
            {
                choker.PeerJoined(new PeerKey(i), 0);
                choker.SetInterested(new PeerKey(i), true, 0, _changes);
            }
        }

        for (var round = 0; round < rounds; round++)
        {
            _now += TimeSpan.TicksPerSecond * 10;
            for (var i = 0; i < crowd; i++) choker.Transferred(new PeerKey(i), round * (long)i, round * (long)(crowd - i));
            _changes.Clear();
            choker.Round(_now, _changes);
        }
    }

    /// <summary>SHA-1 of pieces, block by block: the floor under the hash pipeline.</summary>
    public void Hash(int blocks)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        Span<byte> digest = stackalloc byte[20];
        for (var block = 1; block <= blocks; block++)
        {
            hash.AppendData(_block);
            if (block % Blocks == 0) hash.GetHashAndReset(digest);
        }
    }

    /// <summary>SHA-1 of sixteen pieces at once, a block of each in turn.</summary>
    public void HashTogether(int blocks)
    {
        using var lanes = new Sha1Lanes();
        var buffer = GC.AllocateArray<byte>(Sha1Lanes.Most * _block.Length, pinned: true);
        var addresses = Enumerable.Range(0, Sha1Lanes.Most).Select(lane => Marshal.UnsafeAddrOfPinnedArrayElement(buffer, lane * _block.Length)).ToArray();
        Span<byte> digest = stackalloc byte[20];
        lanes.Begin();
        for (var step = 1; step <= blocks / Sha1Lanes.Most; step++)
        {
            lanes.Append(addresses, _block.Length / Sha1Lanes.BlockBytes);
            if (step % Blocks != 0) continue;
            for (var lane = 0; lane < Sha1Lanes.Most; lane++) lanes.Finish(lane, [], (long)Blocks * _block.Length, digest);
            lanes.Begin();
        }
    }

    private static PiecePicker Crowded(int crowd)
    {
        var picker = new PiecePicker(Geometry, PickerSettings.Default, new Random(1));
        var some = new List<BlockRequest>();
        for (var i = 0; i <= crowd; i++)
        {
            picker.PeerJoined(new PeerKey(i));
            picker.PeerHaveAll(new PeerKey(i));
            if (i > 0) picker.Pick(new PeerKey(i), 4, some);
        }

        return picker;
    }

    private static byte[] Slab()
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var block = 0; block < 15; block++)
        {
            var header = bytes.GetSpan(13);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header, 9 + PieceGeometry.BlockSize);
            header[4] = 7;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header[5..], 3);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header[9..], block * PieceGeometry.BlockSize);
            bytes.Advance(13);
            bytes.GetSpan(PieceGeometry.BlockSize);
            bytes.Advance(PieceGeometry.BlockSize);
        }

        return bytes.WrittenSpan.ToArray();
    }
}
