using System.Collections.Immutable;
using System.Security.Cryptography;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;
using Swarm.Protocol.Primitives;

namespace Swarm.Benchmarks;

/// <summary>
/// The hash pipeline as a torrent sees it: blocks go in, verified pieces come out, through the real disk engine onto files in memory where the system has such (else the folder for temporary files). An operation is a block of 16 KiB,
/// hashed, written and, by the piece, compared; sixteen are posted at a time, as they lie in a slab of a fast link. Beside <see cref="TransferCases.Hash"/> it shows what is added to hashing, and what a second processor takes off.
/// </summary>
public sealed class PipelineCases : IDisposable
{
    private const int PieceLength = 1 << 20;
    private const int Pieces = 64;
    private const int SlabBlocks = 16;
    private const int SlabBytes = SlabBlocks * PieceGeometry.BlockSize;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"swarm-pipeline-{Environment.ProcessId}");
    private readonly DiskEngine _disk = new(DiskSettings.Default, _ => null);
    private readonly ActorSystem _system = ActorSystem.Create("pipeline", ActorSystemSettings.Default);
    private readonly StorageId _storage = new(1);
    private readonly Progress _progress = new();
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(SlabBytes, pinned: true);
    private readonly Stack<Slab> _free = new();
    private readonly BlockWrite[] _writes = new BlockWrite[SlabBlocks];

    /// <summary>Opens the storage.</summary>
    public PipelineCases()
    {
        new Random(1).NextBytes(_bytes);
        var piece = new byte[PieceLength];
        for (var at = 0; at < PieceLength; at += SlabBytes) _bytes.CopyTo(piece, at);
        var hashes = new byte[Pieces * Bytes20.Size];
        for (var i = 0; i < Pieces; i++) SHA1.HashData(piece, hashes.AsSpan(i * Bytes20.Size));
        var layout = new ContentLayout(new PieceGeometry((long)PieceLength * Pieces, PieceLength), [new ContentFile("pipeline.bin", 0, (long)PieceLength * Pieces)]);
        var progress = _progress;
        _disk.Open(_storage, new StorageSpec(layout, _folder, hashes, FileAllocation.Sparse), _system.ActorOf(ActorProps.Create(() => new Owner(progress)), "owner"));
    }

    /// <summary>So many blocks, as whole pieces; returns when all of them are verified.</summary>
    public void Run(int blocks)
    {
        var pieces = blocks / (PieceLength / PieceGeometry.BlockSize);
        var until = _progress.Valid + pieces;
        for (var i = 0; i < pieces; i++)
        {
            for (var begin = 0; begin < PieceLength; begin += SlabBytes) Post(new PieceIndex(i % Pieces), begin);
        }

        _progress.Await(() => _progress.Valid >= until, Patience);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disk.Close(_storage);
        _progress.Await(() => _progress.IsClosed, Patience);
        _disk.Dispose();
        _system.Terminate().Wait(Patience);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private void Post(PieceIndex piece, int begin)
    {
        var slab = Rent();
        for (var i = 0; i < SlabBlocks; i++)
        {
            var slice = new SlabSlice(slab, i * PieceGeometry.BlockSize, PieceGeometry.BlockSize);
            if (i > 0) slab.Retain();
            _writes[i] = new BlockWrite(new BlockRequest(piece, begin + slice.Offset, slice.Length), slice, default);
        }

        if (_disk.Write(_storage, _writes)) return;
        _progress.Await(() => _progress.TakeDrained(), Patience);
    }

    private Slab Rent()
    {
        Slab? slab;
        lock (_free)
        {
            if (!_free.TryPop(out slab)) slab = new Slab(_bytes, Return);
        }

        slab.Rent();
        return slab;
    }

    private void Return(Slab slab)
    {
        lock (_free) _free.Push(slab);
    }

    /// <summary>What the owner was told, for the thread that waits for it.</summary>
    private sealed class Progress
    {
        private bool _drained;

        public long Valid { get; private set; }

        public bool IsClosed { get; private set; }

        public void Told(object message)
        {
            lock (this)
            {
                switch (message)
                {
                    case IDisk.Written written: Valid += Check(written.Pieces); break;
                    case IDisk.Drained: _drained = true; break;
                    case IDisk.StorageClosed: IsClosed = true; break;
                    case IDisk.OpenFailed or IDisk.WriteFailed: throw new InvalidOperationException(message.ToString());
                }

                Monitor.Pulse(this);
            }
        }

        public bool TakeDrained()
        {
            var drained = _drained;
            _drained = false;
            return drained;
        }

        public void Await(Func<bool> condition, TimeSpan patience)
        {
            lock (this)
            {
                while (!condition())
                {
                    if (!Monitor.Wait(this, patience)) throw new TimeoutException("The disk says nothing.");
                }
            }
        }

        private static int Check(ImmutableArray<PieceResult> pieces) =>
            pieces.All(piece => piece.State == PieceState.Valid) ? pieces.Length : throw new InvalidOperationException("A piece is not what was written.");
    }

    private sealed class Owner(Progress progress) : UntypedActor
    {
        protected override void OnReceive(object message) => progress.Told(message);
    }
}
