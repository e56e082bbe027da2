using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class UdpAddressTests
{
    private static readonly Gen<IPEndPoint> EndPoints =
        from size in Gen.Elements(4, 16)
        from bytes in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(size)
        from port in Gen.Choose(0, 65_535)
        from scope in Gen.Choose(0, 3)
        select new IPEndPoint(size == 4 ? new IPAddress(bytes) : new IPAddress(bytes, scope), port);

    [Fact]
    public void An_end_point_comes_back() => PropertyCheck.Holds(EndPoints, endPoint =>
    {
        var address = new UdpAddress(endPoint);
        address.ToEndPoint().ShouldBe(endPoint);
        address.Port.ShouldBe(endPoint.Port);
        address.Family.ShouldBe(endPoint.AddressFamily);
        address.IsIPv4.ShouldBe(endPoint.AddressFamily == AddressFamily.InterNetwork);
        address.ToString().ShouldBe(endPoint.ToString());
        address.ShouldBe(new UdpAddress(endPoint.Address.GetAddressBytes(), endPoint.Port, address.ScopeId));
    });

    [Fact]
    public void The_compact_form_is_the_address_then_the_port() => PropertyCheck.Holds(EndPoints, endPoint =>
    {
        var address = new UdpAddress(endPoint);
        var compact = new byte[address.CompactSize];
        address.WriteCompact(compact).ShouldBe(compact.Length);
        compact.ShouldBe([.. endPoint.Address.GetAddressBytes(), (byte)(endPoint.Port >> 8), (byte)endPoint.Port]);
        var alone = new byte[address.AddressSize];
        address.WriteAddress(alone).ShouldBe(alone.Length);
        alone.ShouldBe(endPoint.Address.GetAddressBytes());
        UdpAddress.TryReadCompact(compact, out var read).ShouldBeTrue();
        read.ShouldBe(new UdpAddress(alone, endPoint.Port));
    });

    [Fact]
    public void Fuzz_any_bytes_are_a_compact_address_by_their_length_alone() =>
        PropertyCheck.Holds(Gen.Choose(0, 24).SelectMany(length => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(length)), bytes =>
        {
            UdpAddress.TryReadCompact(bytes, out var address).ShouldBe(bytes.Length is 6 or 18);
            if (bytes.Length is not (6 or 18)) address.ShouldBe(default);
        });

    [Fact]
    public void Equality_hash_and_order_agree() => PropertyCheck.Holds(
        from left in EndPoints
        from right in EndPoints
        from same in Gen.Elements(true, false)
        select (left: new UdpAddress(left), right: new UdpAddress(same ? left : right)),
        pair =>
        {
            var (left, right) = pair;
            (left == right).ShouldBe(left.ToEndPoint().Equals(right.ToEndPoint()));
            (left != right).ShouldBe(!(left == right));
            left.Equals((object)right).ShouldBe(left == right);
            (left.CompareTo(right) == 0).ShouldBe(left == right);
            Math.Sign(left.CompareTo(right)).ShouldBe(-Math.Sign(right.CompareTo(left)));
            if (left == right) left.GetHashCode().ShouldBe(right.GetHashCode());
        });

    [Fact]
    public void An_IPv4_address_in_IPv6_form_is_the_IPv4_address()
    {
        var mapped = new UdpAddress(new IPEndPoint(IPAddress.Parse("::ffff:1.2.3.4"), 5));
        mapped.ShouldBe(new UdpAddress([1, 2, 3, 4], 5));
        mapped.IsIPv4.ShouldBeTrue();
        mapped.CompactSize.ShouldBe(6);
        new UdpAddress(IPAddress.Parse("::ffff:1.2.3.4").GetAddressBytes(), 5, scopeId: 9).ShouldBe(mapped, "IPv4 has no scopes");
    }

    [Fact]
    public void With_one_port_for_all_it_stands_for_the_host()
    {
        var (one, other) = (new UdpAddress([1, 2, 3, 4], 5), new UdpAddress([1, 2, 3, 4], 6));
        one.ShouldNotBe(other);
        one.WithPort(0).ShouldBe(other.WithPort(0));
        one.WithPort(65_535).Port.ShouldBe(65_535);
        new UdpAddress(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 5)).WithPort(6).ToEndPoint().ShouldBe(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 6));
    }

    [Fact]
    public void The_default_is_nowhere_and_other_sizes_and_ports_are_a_bug()
    {
        default(UdpAddress).ToEndPoint().ShouldBe(new IPEndPoint(IPAddress.IPv6Any, 0));
        foreach (var size in (int[])[0, 3, 5, 15, 17]) Should.Throw<ArgumentException>(() => new UdpAddress(new byte[size], 1));
        foreach (var port in (int[])[-1, 65_536]) Should.Throw<ArgumentOutOfRangeException>(() => new UdpAddress(new byte[4], port));
        Should.Throw<ArgumentOutOfRangeException>(() => default(UdpAddress).WithPort(65_536));
    }

    [Fact]
    public void Comparing_reading_and_writing_allocate_nothing()
    {
        var compact = new byte[18];
        var known = new HashSet<UdpAddress> { new([1, 2, 3, 4], 5) };
        Use();
        Allocations.Of(1000, Use).ShouldBe(0);

        void Use()
        {
            var size = new UdpAddress([1, 2, 3, 4], 5).WriteCompact(compact);
            if (!UdpAddress.TryReadCompact(compact.AsSpan(0, size), out var read) || !known.Contains(read)) throw new InvalidOperationException("not the same");
        }
    }
}
