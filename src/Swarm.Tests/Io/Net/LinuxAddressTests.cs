using System.Net;
using FsCheck.Fluent;
using Swarm.Io.Net;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.Io.Net;

public sealed class LinuxAddressTests
{
    [Fact]
    public unsafe void Linux_s_form_is_the_base_library_s_and_comes_back() => PropertyCheck.Holds(
        from size in Gen.Elements(4, 16)
        from bytes in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(size)
        from port in Gen.Choose(0, 65_535)
        from scope in Gen.Choose(0, 70_000)
        select new IPEndPoint(size == 4 ? new IPAddress(bytes) : new IPAddress(bytes, scope), port),
        endPoint =>
        {
            var address = new UdpAddress(endPoint);
            var form = stackalloc byte[LinuxAddress.MaxSize];
            var length = LinuxAddress.Write(address, form);
            LinuxAddress.Read(form).ShouldBe(address);
            if (OperatingSystem.IsLinux()) new ReadOnlySpan<byte>(form, length).ToArray().ShouldBe(endPoint.Serialize().Buffer.Span[..length].ToArray());
        });
}
