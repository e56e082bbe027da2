using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Tests.EndToEnd;

/// <summary>What a connection that does nothing may hold of the collector's memory: a count that does not depend on the machine's speed.</summary>
[Collection(nameof(TransferCostTests))]
public sealed class IdleConnectionCostTests
{
    private const int Connections = 400;

    [Fact]
    public async Task An_idle_connection_holds_little_memory()
    {
        using var content = TestContent.Create(1, 64 << 10, ("idle.bin", 64 * (64 << 10)));
        var net = Swarm.Actors.Net.NetSettings.Default;
        await using var seed = await TestNode.StartAsync(content.Folder("seed-data"), torrent: new() { Candidates = new() { MaxConnections = (2 * Connections) + 10 } }, net: net);
        await seed.AddAsync(content, content.SeedFolder);
        await seed.FinishedAsync(content);
        var sockets = new List<Socket>();
        try
        {
            // The first make what is made once.
            Connect(Connections, 0);
            var before = Settled();
            Connect(Connections, Connections);
            var each = (Settled() - before) / Connections;
            each.ShouldBeLessThan(10 << 10, "bytes of objects that a connection holds");
        }
        finally
        {
            foreach (var socket in sockets) socket.Dispose();
        }

        await seed.StopAsync();

        void Connect(int count, int from)
        {
            for (var i = from; i < from + count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
                sockets.Add(socket);
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(1 + (i / 250)), (byte)(1 + (i % 250))]), 0));
                socket.Connect(seed.Listen);
                byte[] hello = [19, .. "BitTorrent protocol"u8, 0, 0, 0, 0, 0, 0, 0, 0, .. content.Metainfo.WireHash.Value.ToArray(), .. Encoding.ASCII.GetBytes($"-XX0000-{i:D12}")];
                socket.Send(hello);
                for (var got = 0; got < 68;) got += socket.Receive(new byte[68 - got]);
            }
        }

        // Slabs are pooled, and given up at a sweep.
        long Settled() => GC.GetTotalMemory(forceFullCollection: true) - seed.Tcp.Slabs.LentBytes - seed.Tcp.Slabs.FreeBytes;
    }
}
