using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Io.Disk;
using Swarm.Io.Net;
using Swarm.Tests.Io.Disk;
using Mailbox = Swarm.Tests.Io.Net.Mailbox;

namespace Swarm.Tests.Io;

/// <summary>Sockets and disk together, with less memory than the blocks that are ahead of their piece's hash would take.</summary>
public sealed class DryPoolTests
{
    private const int Links = 4;
    private const int PieceLength = 1 << 20;
    private const int BlocksPerPiece = PieceLength / PieceGeometry.BlockSize;

    [Fact]
    public void Links_whose_missing_blocks_lie_unread_get_the_slabs_that_the_disk_holds_out_of_order()
    {
        var content = TestContent.OneFile(PieceLength, Links * PieceLength);
        using var world = new DiskWorld(DiskSettings.Default with { ReorderBytes = 64 << 20 });
        var storage = world.Open(content);
        var settings = NetSettings.Default with { SlabPoolBytes = 1 << 20, SweepInterval = TimeSpan.FromMilliseconds(50) };
        using var tcp = new Tcp(settings, (IDisk)world.Engine);
        var listener = new Mailbox();
        tcp.Listen(new IPEndPoint(IPAddress.Loopback, 0), listener);
        var local = listener.Expect<ITcp.Listening>().Local;

        // Each peer sends one piece, and its first block, which every other waits for, last.
        var order = Enumerable.Range(1, BlocksPerPiece - 1).Append(0).ToArray();
        var peers = Enumerable.Range(0, Links).Select(piece =>
        {
            var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 60_000 };
            peer.Connect(local);
            var link = listener.Expect<ITcp.Accepted>().Link;
            link.Start(new Owner(world, storage, piece, order));
            var sending = new Thread(() =>
            {
                foreach (var block in order) peer.Send(content.BytesOf(Request(content, piece, block)));
            });
            sending.Start();
            return (Peer: peer, Link: link, Sending: sending);
        }).ToList();

        var results = new List<PieceResult>();
        while (results.Count < Links) results.AddRange(world.Owner.Next<IDisk.Written>().Pieces);
        results.ShouldAllBe(result => result.State == PieceState.Valid);
        world.Engine.Counters.BlocksLetGo.ShouldBeGreaterThan(0);
        foreach (var (peer, link, sending) in peers)
        {
            sending.Join();
            link.Close();
            peer.Dispose();
        }

        world.Close(storage);
        world.Slabs.Outstanding.ShouldBe(0);
    }

    private static BlockRequest Request(TestContent content, int piece, int block) => content.Layout.Geometry.RequestFor(new PieceIndex(piece), new BlockIndex(block));

    /// <summary>Cuts a stream of bare blocks, in a known order, and hands them to the disk: what a peer and its piece manager do.</summary>
    private sealed class Owner(DiskWorld world, StorageId storage, int piece, int[] order) : IActorRef
    {
        private readonly BlockAssembly _assembly = new();
        private int _received;

        public ActorPath Path => ActorPath.Root;

        public void Tell(object message, IActorRef? sender)
        {
            if (message is not IPeerLink.Received received) return;
            for (var position = 0; position < received.Data.Length;)
            {
                var inBlock = _received % PieceGeometry.BlockSize;
                var count = Math.Min(PieceGeometry.BlockSize - inBlock, received.Data.Length - position);
                var block = new BlockRequest(new PieceIndex(piece), order[_received / PieceGeometry.BlockSize] * PieceGeometry.BlockSize, PieceGeometry.BlockSize);
                _assembly.Add(block, received.Data, position, count, inBlock == 0, inBlock + count == PieceGeometry.BlockSize).ShouldBeTrue();
                position += count;
                _received += count;
            }

            received.Data.Release();
            if (_assembly.HasBlocks) world.Engine.Write(storage, _assembly.Take().AsSpan());
        }

        public bool Equals(IActorRef? other) => ReferenceEquals(this, other);

        public int CompareTo(IActorRef? other) => Path.CompareTo(other?.Path);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
