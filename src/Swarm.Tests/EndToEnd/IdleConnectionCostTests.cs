using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Tests.EndToEnd;

/// <summary>What a connection that does nothing may hold of the collector's memory: a count that does not depend on the machine's speed.</summary>
[Collection(nameof(TransferCostTests))]
public sealed class IdleConnectionCostTests
{
    private const int Connections = 250;
    private const int Batches = 3;

    [Fact]
    public async Task An_idle_connection_holds_little_memory()
    {
        using var content = TestContent.Create(1, 64 << 10, ("idle.bin", 64 * (64 << 10)));
        var net = Swarm.Actors.Net.NetSettings.Default;
        await using var seed = await TestNode.StartAsync(content.Folder("seed-data"), torrent: new() { Candidates = new() { MaxConnections = ((1 + Batches) * Connections) + 10 } }, net: net);
        await seed.AddAsync(content, content.SeedFolder);
        await seed.FinishedAsync(content);
        var sockets = new List<Socket>();
        try
        {
            // The first make what is made once. A buffer of a megabyte that a turn needed beside another's is in one batch, not in most.
            Connect(Connections, 0);
            var each = new List<long>();
            for (var batch = 1; batch <= Batches; batch++)
            {
                var before = Settled();
                Connect(Connections, batch * Connections);
                each.Add((Settled() - before) / Connections);
            }

            each.Order().ElementAt(Batches / 2).ShouldBeLessThan(6_400, $"bytes of objects that a connection holds, its other end of the test's included ({string.Join(", ", each)})");
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
