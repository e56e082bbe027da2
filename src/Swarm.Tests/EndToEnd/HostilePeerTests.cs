using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.EndToEnd;

/// <summary>
/// Peers that lie, flood, stall or speak nonsense, over real sockets, against a whole node. Whatever they do, an honest seed still finishes the download, the content is right, and at the end no buffer
/// and no connection is left.
/// </summary>
public sealed class HostilePeerTests
{
    private static readonly TorrentSettings Impatient = TorrentSettings.Default with { Wire = WireSettings.Default with { RequestTimeout = TimeSpan.FromSeconds(2), HandshakeTimeout = TimeSpan.FromSeconds(3) } };

    [Fact]
    public Task Garbage_instead_of_a_handshake() => SurvivesAsync(async (peer, _) => await peer.SendAsync(Noise(100_000)));

    [Fact]
    public Task Nothing_at_all() => SurvivesAsync((_, _) => Task.CompletedTask);

    [Fact]
    public Task A_handshake_for_another_torrent() => SurvivesAsync((peer, _) => peer.ShakeHandsAsync(new InfoHash(new byte[20])));

    [Theory]
    [InlineData("ffffffff")]
    [InlineData("7fffffff07")]
    [InlineData("0000000007")]
    [InlineData("0000000107")]
    [InlineData("0000000205")]
    [InlineData("00000005047fffffff")]
    [InlineData("0000000504ffffffff")]
    [InlineData("0000400a07000000000000000000")]
    [InlineData("0000000d06000000000000000000000000")]
    public Task Lengths_and_numbers_that_cannot_be(string hex) => SurvivesAsync(async (peer, content) =>
    {
        await peer.ShakeHandsAsync(content.Metainfo.WireHash);
        await peer.SendAsync(Convert.FromHexString(hex));
        await peer.SendAsync(Noise(50_000));
    });

    [Fact]
    public Task Floods_of_haves() => FloodAsync(output =>
    {
        for (var i = 0; i < 2_000; i++) output.Have(new PieceIndex(i % 30));
    });

    [Fact]
    public Task Floods_of_requests() => FloodAsync(output =>
    {
        output.Interested();
        for (var i = 0; i < 2_000; i++) output.Request(new BlockRequest(new PieceIndex(i % 30), 0, 16 * 1024));
    });

    [Fact]
    public Task Floods_of_unknown_messages() => FloodAsync(output =>
    {
        for (var i = 0; i < 500; i++) output.Extended(77, Noise(50));
    });

    [Fact]
    public Task Floods_of_keep_alives_and_chokes() => FloodAsync(output =>
    {
        for (var i = 0; i < 2_000; i++)
        {
            output.KeepAlive();
            output.Unchoke();
            output.Choke();
        }
    });

    [Fact]
    public Task Huge_extended_messages() => SurvivesAsync(async (peer, content) =>
    {
        await peer.ShakeHandsAsync(content.Metainfo.WireHash);
        await peer.SayAsync(output => output.Extended(0, Noise(100_000)));
        await peer.SayAsync(output => output.Extended(0, [.. "d1:md"u8, .. Enumerable.Repeat((byte)'d', 100_000)]));
        await peer.SayAsync(output => output.Extended(1, Noise(120_000)));
        await peer.SayAsync(output => output.Extended(0, Noise(10_000_000)));
    });

    [Fact]
    public Task Half_a_block_and_silence() => SurvivesAsync(async (peer, content) =>
    {
        await peer.ShakeHandsAsync(content.Metainfo.WireHash);
        await peer.SayAsync(output => output.HaveAll());
        await peer.SayAsync(output => output.Unchoke());
        var request = await peer.ReadRequestAsync();
        var head = new byte[13 + 9_000];
        BinaryPrimitives.WriteInt32BigEndian(head, 9 + request.Length);
        head[4] = (byte)MessageId.Piece;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), request.Piece.Value);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(9), request.Begin);
        await peer.SendAsync(head);
    });

    [Fact]
    public Task Blocks_that_nobody_asked_for() => SurvivesAsync(async (peer, content) =>
    {
        await peer.ShakeHandsAsync(content.Metainfo.WireHash, ReservedBits.None);
        for (var i = 0; i < 40; i++) await peer.SayAsync(output => output.Piece(new PieceIndex(i % 30), 0, Noise(16 * 1024)));
    });

    [Fact]
    public async Task Bad_data_for_every_piece_is_noticed_and_its_sender_banned()
    {
        using var content = Content();
        using var hostile = new HostilePeer(async peer =>
        {
            await peer.ShakeHandsAsync(content.Metainfo.WireHash);
            await peer.SayAsync(output => output.HaveAll());
            await peer.SayAsync(output => output.Unchoke());
            while (true)
            {
                var request = await peer.ReadRequestAsync();
                await peer.SayAsync(output => output.Piece(request.Piece, request.Begin, Noise(request.Length)));
            }
        });
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), torrent: Impatient);
        await leecher.AddAsync(content, content.Folder("out"), hostile.Address);
        var banned = await leecher.Events.WaitAsync(happened => happened is TorrentEvent.PeerBanned);
        ((TorrentEvent.PeerBanned)banned).Address.ShouldBe(hostile.Address.Address);
        await hostile.DoneAsync();
        await FinishAsync(content, leecher);
        leecher.Events.All.OfType<TorrentEvent.PeerBanned>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task One_bad_block_among_good_ones_of_others_is_traced_to_its_sender()
    {
        using var content = Content();
        await using var seed = await RealFileTests.SeedAsync(content, uploadLimit: 500_000);
        var bytes = File.ReadAllBytes(Path.Combine(content.SeedFolder, "one.bin"));
        using var hostile = new HostilePeer(async peer =>
        {
            await peer.ShakeHandsAsync(content.Metainfo.WireHash);
            await peer.SayAsync(output => output.HaveAll());
            await peer.SayAsync(output => output.Unchoke());
            while (true)
            {
                var request = await peer.ReadRequestAsync();
                var block = bytes.AsSpan((request.Piece.Value * content.Metainfo.Layout.Geometry.PieceLength) + request.Begin, request.Length).ToArray();
                if (request.Begin == 0) block[5] ^= 1;
                await peer.SayAsync(output => output.Piece(request.Piece, request.Begin, block));
            }
        });
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), torrent: Impatient);
        await leecher.AddAsync(content, content.Folder("out"), hostile.Address, seed.Listen);
        await leecher.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        leecher.Events.All.OfType<TorrentEvent.PeerBanned>().ShouldAllBe(banned => banned.Address.Equals(hostile.Address.Address));
        await leecher.StopAsync();
        await seed.StopAsync();
    }

    [Fact]
    public async Task Lies_about_the_metadata_of_a_link_do_not_last()
    {
        using var content = Content();
        var size = content.Metainfo.RawInfo.Length;
        using var hostile = new HostilePeer(async peer =>
        {
            await peer.ShakeHandsAsync(content.Metainfo.WireHash);
            await peer.SayAsync(output => new ExtensionHandshake { Extensions = [new ExtensionMapping(ExtensionId.Metadata, 9)], MetadataSize = size }.Write(output));
            while (true)
            {
                var message = await peer.ReadAsync();
                if (message.Length < 2 || message[0] != (byte)MessageId.Extended || message[1] != 9) continue;
                await peer.SayAsync(output => MetadataMessage.WriteData(output, (byte)ExtensionId.Metadata, 0, size, Noise(size)));
                peer.Done();
            }
        });
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), torrent: Impatient);
        await leecher.AddMagnetAsync(content, new TorrentOptions { Folder = content.Folder("out"), Peers = [hostile.Address] });
        await hostile.DoneAsync();
        await FinishAsync(content, leecher);
    }

    [Fact]
    public async Task A_thousand_connections_that_mean_no_good_leave_room_for_an_honest_one()
    {
        using var content = Content();
        await using var leecher = await TestNode.StartAsync(
            content.Folder("leech-data"), torrent: Impatient, net: Swarm.Actors.Net.NetSettings.Default with { HandshakeTimeout = TimeSpan.FromSeconds(3), MaxUnidentified = 64 });
        await leecher.AddAsync(content, content.Folder("out"));
        var clients = new List<Socket>();
        for (var i = 0; i < 1_000; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            client.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0));
            await client.ConnectAsync(leecher.Listen);
            if (i % 3 == 0) await TrySendAsync(client, "\u0013BitTorrent protocol"u8.ToArray());
            if (i % 3 == 1) await TrySendAsync(client, Noise(200));
        }

        leecher.Tcp.OpenLinks.ShouldBeLessThan(1_000);
        // The rest times out, and then there is room.
        foreach (var client in clients) await ClosedAsync(client);
        await FinishAsync(content, leecher);
    }

    private static TestContent Content() => TestContent.Create(11, 64 * 1024, ("one.bin", 30 * 64 * 1024));

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static Task FloodAsync(Action<WireWriter> say) => SurvivesAsync(async (peer, content) =>
    {
        await peer.ShakeHandsAsync(content.Metainfo.WireHash);
        for (var i = 0; i < 100; i++)
        {
            await peer.SayAsync(say);
            if (i == 10) peer.Done();
        }
    });

    // The node meets the hostile peer alone, has it do its worst, and then an honest seed comes.
    private static async Task SurvivesAsync(Func<HostileStream, TestContent, Task> behave)
    {
        using var content = Content();
        using var hostile = new HostilePeer(peer => behave(peer, content));
        await using var leecher = await TestNode.StartAsync(content.Folder("leech-data"), torrent: Impatient);
        await leecher.AddAsync(content, content.Folder("out"), hostile.Address);
        await hostile.DoneAsync();
        await FinishAsync(content, leecher);
    }

    private static async Task FinishAsync(TestContent content, TestNode leecher)
    {
        await using var seed = await TestNode.StartAsync(content.Folder("seed-data"));
        await seed.AddAsync(content, new TorrentOptions { Folder = content.SeedFolder, SeedOnly = true, Peers = [leecher.Listen] });
        await leecher.FinishedAsync(content);
        content.ShouldBeIn(content.Folder("out"));
        await leecher.StopAsync();
        await seed.StopAsync();
    }

    private static async Task TrySendAsync(Socket client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (SocketException)
        {
            client.Close();
        }
    }

    private static async Task ClosedAsync(Socket client)
    {
        try
        {
            var buffer = new byte[1_000];
            using var patience = new CancellationTokenSource(TestNode.Patience);
            while (await client.ReceiveAsync(buffer, patience.Token) > 0)
            {
            }

            client.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Thrown out, which is what is waited for.
            client.Close();
        }
    }
}
