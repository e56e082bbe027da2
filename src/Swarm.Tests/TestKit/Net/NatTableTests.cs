using System.Net;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

public sealed class NatTableTests
{
    private static readonly IPEndPoint Local = IPEndPoint.Parse("10.0.0.5:6881");
    private static readonly IPEndPoint Asked = IPEndPoint.Parse("9.0.0.1:100");
    private static readonly IPEndPoint SameAddress = IPEndPoint.Parse("9.0.0.1:101");
    private static readonly IPEndPoint Stranger = IPEndPoint.Parse("9.0.0.2:100");

    [Theory]
    [InlineData(NatKind.FullCone, true, true, true)]
    [InlineData(NatKind.RestrictedCone, true, true, false)]
    [InlineData(NatKind.PortRestricted, true, false, false)]
    [InlineData(NatKind.Symmetric, true, false, false)]
    public void A_kind_says_who_may_answer(NatKind kind, bool asked, bool sameAddress, bool stranger)
    {
        var table = new NatTable(kind, NatSettings.Default);
        var port = table.MapOut(NatProtocol.Udp, Local, Asked, 0)!.Value;
        (table.MapIn(NatProtocol.Udp, port, Asked, 1) is not null).ShouldBe(asked);
        (table.MapIn(NatProtocol.Udp, port, SameAddress, 1) is not null).ShouldBe(sameAddress);
        (table.MapIn(NatProtocol.Udp, port, Stranger, 1) is not null).ShouldBe(stranger);
        table.MapIn(NatProtocol.Udp, port + 1, Asked, 1).ShouldBeNull();
        table.MapIn(NatProtocol.Tcp, port, Asked, 1).ShouldBeNull();
    }

    [Theory]
    [InlineData(NatKind.FullCone, true)]
    [InlineData(NatKind.RestrictedCone, true)]
    [InlineData(NatKind.PortRestricted, true)]
    [InlineData(NatKind.Symmetric, false)]
    public void Only_a_symmetric_one_takes_a_port_for_each_remote(NatKind kind, bool isSame)
    {
        var table = new NatTable(kind, NatSettings.Default);
        var first = table.MapOut(NatProtocol.Udp, Local, Asked, 0);
        (table.MapOut(NatProtocol.Udp, Local, Stranger, 0) == first).ShouldBe(isSame);
        table.MapOut(NatProtocol.Udp, Local, Asked, 0).ShouldBe(first);
        table.MapOut(NatProtocol.Udp, new IPEndPoint(Local.Address, 1), Asked, 0).ShouldNotBe(first);
    }

    [Fact]
    public void A_mapping_lives_for_its_time_after_the_last_datagram_out()
    {
        var table = new NatTable(NatKind.FullCone, new NatSettings { MappingTimeout = TimeSpan.FromSeconds(10) });
        var port = table.MapOut(NatProtocol.Udp, Local, Asked, 0)!.Value;
        table.MapOut(NatProtocol.Udp, Local, Asked, Seconds(9)).ShouldBe(port);
        table.MapIn(NatProtocol.Udp, port, Stranger, Seconds(19) - 1).ShouldBe(Local);
        table.MapIn(NatProtocol.Udp, port, Stranger, Seconds(19)).ShouldBeNull("what comes in does not refresh");
        table.Count.ShouldBe(0);
        table.MapOut(NatProtocol.Udp, Local, Asked, Seconds(20)).ShouldNotBe(port);
    }

    [Fact]
    public void A_filter_forgets_who_was_not_sent_to_for_long()
    {
        var table = new NatTable(NatKind.PortRestricted, new NatSettings { MappingTimeout = TimeSpan.FromSeconds(10) });
        var port = table.MapOut(NatProtocol.Udp, Local, Asked, 0)!.Value;
        table.MapOut(NatProtocol.Udp, Local, Stranger, Seconds(8));
        table.MapIn(NatProtocol.Udp, port, Asked, Seconds(12)).ShouldBeNull();
        table.MapIn(NatProtocol.Udp, port, Stranger, Seconds(12)).ShouldBe(Local);
    }

    [Fact]
    public void A_mapping_of_a_connection_lives_until_it_is_released()
    {
        var table = new NatTable(NatKind.Symmetric, NatSettings.Default);
        var port = table.MapOut(NatProtocol.Tcp, Local, Asked, 0)!.Value;
        table.MapIn(NatProtocol.Tcp, port, Asked, Seconds(100_000)).ShouldBe(Local);
        table.Release(NatProtocol.Tcp, port);
        table.MapIn(NatProtocol.Tcp, port, Asked, 0).ShouldBeNull();
        table.Count.ShouldBe(0);
    }

    [Fact]
    public void A_full_table_gives_no_mapping_until_old_ones_have_run_out()
    {
        var table = new NatTable(NatKind.Symmetric, new NatSettings { MaxMappings = 2, MappingTimeout = TimeSpan.FromSeconds(10) });
        table.MapOut(NatProtocol.Udp, Local, Asked, 0).ShouldNotBeNull();
        table.MapOut(NatProtocol.Udp, Local, SameAddress, Seconds(5)).ShouldNotBeNull();
        table.MapOut(NatProtocol.Udp, Local, Stranger, Seconds(9)).ShouldBeNull();
        table.MapOut(NatProtocol.Udp, Local, Stranger, Seconds(10)).ShouldNotBeNull();
        table.Count.ShouldBe(2);
    }

    [Fact]
    public void A_forwarding_lets_everybody_in_for_ever()
    {
        var table = new NatTable(NatKind.Symmetric, NatSettings.Default);
        table.Forward(50_000, Local);
        table.MapIn(NatProtocol.Tcp, 50_000, Stranger, Seconds(100_000)).ShouldBe(Local);
        table.MapIn(NatProtocol.Udp, 50_000, Stranger, 0).ShouldBe(Local);
    }

    private static long Seconds(double seconds) => TimeSpan.FromSeconds(seconds).Ticks;
}
