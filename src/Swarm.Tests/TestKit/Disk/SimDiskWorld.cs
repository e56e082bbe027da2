using Swarm.Actors.Ports;
using Swarm.TestKit.Content;
using Swarm.TestKit.Disk;
using Swarm.Tests.Io.Disk;

namespace Swarm.Tests.TestKit.Disk;

/// <summary>A simulated disk with a known content and a storage of it, and who hears what it says.</summary>
internal sealed class SimDiskWorld
{
    public const string Root = "/downloads";

    private readonly StorageSpec _spec;
    private long _lastStorage;
    private long _lastTag;

    public SimDiskWorld(SimDiskSettings? settings = null, int seed = 1, SimContent? content = null, FileAllocation allocation = FileAllocation.Sparse)
    {
        Content = content ?? SimContent.OneFile(1 << 20, 1 << 16);
        Simulation = new Simulation(seed);
        Disk = new SimDisk(Simulation, Simulation.Random, settings ?? SimDiskSettings.Default, Slabs);
        Disk.Know(Content);
        _spec = new StorageSpec(Content.Metainfo.Layout, Root, Content.Metainfo.PieceHashes!.Memory, allocation);
        Open();
    }

    public Simulation Simulation { get; }

    public SlabLedger Slabs { get; private set; } = new();

    public SimDisk Disk { get; }

    public SimContent Content { get; }

    public Inbox Owner { get; private set; } = Inbox.Create();

    public StorageId Storage { get; private set; }

    public string PathOf(int file) => $"{Root}/{Content.Metainfo.Layout.Files[file].Path}";

    public void Settle() => Simulation.AdvanceBy(TimeSpan.FromMinutes(1));

    public void Open()
    {
        Storage = new StorageId(++_lastStorage);
        Disk.Open(Storage, _spec, Owner.Ref);
        Next<IDisk.Opened>();
    }

    public T Next<T>()
        where T : class
    {
        Settle();
        return Owner.Next<T>();
    }

    /// <summary>A new process takes over after a crash.</summary>
    public void StartAgain()
    {
        Disk.Slabs = Slabs = new SlabLedger();
        Owner = Inbox.Create();
        Open();
    }

    public bool Write(int piece, int block, bool isWrong = false)
    {
        var request = Content.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));
        var bytes = new byte[request.Length];
        Content.Fill(request, bytes);
        if (isWrong) bytes[request.Length / 2] ^= 0xFF;
        return Disk.Write(Storage, [new BlockWrite(request, Slabs.Slice(bytes), default)]);
    }

    public void WritePiece(int piece)
    {
        for (var block = 0; block < Content.Geometry.BlocksIn(new PieceIndex(piece)); block++) Write(piece, block);
    }

    public void WriteAll()
    {
        for (var piece = 0; piece < Content.Geometry.PieceCount; piece++) WritePiece(piece);
        Settle();
    }

    public IDisk.Flushed Flush()
    {
        Disk.Flush(Storage, ++_lastTag);
        return Next<IDisk.Flushed>();
    }

    public List<PieceState> Check()
    {
        var all = new Bitfield(Content.Geometry.PieceCount);
        all.Fill();
        Disk.Check(Storage, all);
        Settle();
        Owner.Find(m => m is IDisk.Checked { Finished: true });
        return [.. Owner.TakeAll<IDisk.Checked>().SelectMany(m => m.Pieces).OrderBy(result => result.Piece).Select(result => result.State)];
    }

    public bool Holds(int piece) => Disk.Holds(Content, Root, new PieceIndex(piece));

    public bool HoldsDurably(int piece) => Disk.HoldsDurably(Content, Root, new PieceIndex(piece));

    public IEnumerable<int> Pieces(Func<int, bool> which) => Enumerable.Range(0, Content.Geometry.PieceCount).Where(which);
}
