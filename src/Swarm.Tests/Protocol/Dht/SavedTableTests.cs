using System.Net.Sockets;
using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;

namespace Swarm.Tests.Protocol.Dht;

public sealed class SavedTableTests
{
    [Theory]
    [InlineData("1.2.3.4:5", AddressFamily.InterNetwork)]
    [InlineData("[2a00::1]:5", AddressFamily.InterNetworkV6)]
    public void What_is_kept_comes_back(string address, AddressFamily family)
    {
        var random = new Random(1);
        var saved = new SavedTable(NodeId.Create(random), 6881, [.. Enumerable.Range(0, 30).Select(i => new NodeContact(NodeId.Create(random), new UdpAddress(System.Net.IPEndPoint.Parse(address)).WithPort(i + 1)))]);
        SavedTable.TryDecode(saved.Encode().AsSpan(), family, out var read).ShouldBeTrue();
        read.ShouldBe(saved);
    }

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    [InlineData("d2:id3:abc5:nodes0:4:porti1ee")]
    [InlineData("d2:id20:aaaaaaaaaaaaaaaaaaaa5:nodes0:4:porti65536ee")]
    public void What_is_not_whole_is_not_read(string text) => SavedTable.TryDecode(System.Text.Encoding.ASCII.GetBytes(text), AddressFamily.InterNetwork, out _).ShouldBeFalse();

    /// <summary>Fuzz: whatever lies in the store, <see cref="SavedTable"/> reads it or refuses it.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var random = new Random(3);
        var good = new SavedTable(NodeId.Create(random), 6881, [new NodeContact(NodeId.Create(random), new UdpAddress([1, 2, 3, 4], 5))]).Encode().ToArray();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = good.ToArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (SavedTable.TryDecode(bytes.AsSpan(0, random.Next(bytes.Length + 1)), AddressFamily.InterNetwork, out var read)) read.Nodes.Length.ShouldBeLessThanOrEqualTo(SavedTable.MaxNodes);
        }
    }
}
