#pragma warning disable IDE0060, CA1822, CS1591, CA1024 // The surface stands before what is behind it.
using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.TestKit.Content;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Disk;

public sealed class SimDisk : IDisk, IBlockReader
{
    public SimDisk(Simulation simulation, Random random, SimDiskSettings settings, SlabLedger slabs) { Settings = settings; Slabs = slabs; _ = simulation; _ = random; }

    /// <summary>May be replaced at any time.</summary>
    public SimDiskSettings Settings { get; set; }

    /// <summary>The slabs of the process that runs now; a node that starts again brings its own.</summary>
    public SlabLedger Slabs { get; set; }

    public void Know(SimContent content) { }

    // IDisk
    public void Open(StorageId storage, StorageSpec spec, IActorRef owner) { }
    public bool Write(StorageId storage, ReadOnlySpan<BlockWrite> blocks) => true;
    public void Restart(StorageId storage, PieceIndex piece) { }
    public void Check(StorageId storage, Bitfield pieces) { }
    public void HashBlocks(StorageId storage, PieceIndex piece) { }
    public bool Read(StorageId storage, BlockRequest block, long tag, IActorRef replyTo) => true;
    public void Flush(StorageId storage, long tag) { }
    public void Close(StorageId storage) { }
    public bool TryRead(StorageId storage, BlockRequest block, Span<byte> destination) => false;

    // Crashes
    /// <summary>Power loss.</summary>
    public void Crash() { }
    /// <summary>The process is killed, the machine lives.</summary>
    public void Kill() { }

    // Faults beside those of the settings
    /// <summary>Makes what is done with a part of a file, or of every file below a folder, fail.</summary>
    public void Break(string path, DiskOperations operations, DiskErrorKind kind, long from = 0, long to = long.MaxValue) { }
    /// <summary>Takes every Break back.</summary>
    public void Mend() { }
    /// <summary>Nothing moves for so long.</summary>
    public void Stall(TimeSpan duration) { }
    /// <summary>Flips a bit of a durable byte at random. False: there is none.</summary>
    public bool Rot() => false;
    public void Rot(string path, long offset, int bit) { }
    // An outside hand
    public void Put(SimContent content, string root, Bitfield? pieces = null) { }
    public void Remove(string path) { }
    public void Truncate(string path, long length) { }
    public void Touch(string path) { }
    public void Overwrite(string path, long offset, ReadOnlySpan<byte> bytes) { }

    // For checkers
    public ImmutableArray<string> Files => [];
    public byte[]? ReadFile(string path) => null;
    public bool Holds(SimContent content, string root, PieceIndex piece) => false;
    public bool HoldsDurably(SimContent content, string root, PieceIndex piece) => false;
    public IEnumerable<(PieceIndex Piece, BlockIndex Block)> WrongBlocks(SimContent content, string root) => [];
    public PieceWork WorkOn(SimContent content, string root, PieceIndex piece) => default;
    public int JobsPending => 0;
    public ImmutableArray<StorageId> StoragesOpen => [];
    public long FreeBytes => 0;
    public SimDiskCounters Counters { get; } = new(0, 0, 0, 0, 0, 0, 0);
}
