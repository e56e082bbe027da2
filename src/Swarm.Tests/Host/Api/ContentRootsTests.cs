using Swarm.Host;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host.Api;

public sealed class ContentRootsTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ContentRoots _roots;

    public ContentRootsTests()
    {
        foreach (var folder in (string[])["root/inside", "outside", "rootless"]) Directory.CreateDirectory(_scratch[folder]);
        Directory.CreateSymbolicLink(_scratch["root/way-out"], _scratch["outside"]);
        Directory.CreateSymbolicLink(_scratch["root/way-in"], _scratch["root/inside"]);
        Directory.CreateSymbolicLink(_scratch["root/relative-out"], "../outside");
        Directory.CreateSymbolicLink(_scratch["root/circle"], _scratch["root/circle"]);
        Directory.CreateSymbolicLink(_scratch["link-to-root"], _scratch["root"]);
        _roots = new ContentRoots([_scratch["root"]]);
    }

    [Theory]
    [InlineData("root", "root")]
    [InlineData("root/", "root")]
    [InlineData("root/inside", "root/inside")]
    [InlineData("root/not/there/yet", "root/not/there/yet")]
    [InlineData("root/inside/../inside", "root/inside")]
    [InlineData("root/way-in/new", "root/inside/new")]
    [InlineData("link-to-root/inside", "root/inside")]
    [InlineData("outside/../root/inside", "root/inside")]
    public void A_path_in_a_root_is_made_plain(string path, string expected) => _roots.Resolve(_scratch.Root + "/" + path).ShouldBe(_scratch[expected]);

    [Fact]
    public void The_default_folder_is_known_by_each_path_that_leads_to_it()
    {
        var linked = new ContentRoots([_scratch["link-to-root"]]);
        linked.IsDefault(linked.Default).ShouldBeTrue();
        linked.IsDefault(linked.Resolve(linked.Default)!).ShouldBeTrue();
        linked.IsDefault(linked.Resolve(_scratch["root/inside"])!).ShouldBeFalse();
        ContentRoots.RealOf(_scratch["link-to-root/inside"]).ShouldBe(_scratch["root/inside"]);
        ContentRoots.RealOf(_scratch["root/circle"]).ShouldBe(_scratch["root/circle"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("outside")]
    [InlineData("rootless")]
    [InlineData("root/..")]
    [InlineData("root/../outside")]
    [InlineData("root/way-out")]
    [InlineData("root/way-out/new")]
    [InlineData("root/relative-out/new")]
    [InlineData("root/way-in/../../outside")]
    [InlineData("root/circle/new")]
    [InlineData("root/a\0b")]
    public void A_path_out_of_the_roots_is_none(string path) => _roots.Resolve(_scratch.Root + "/" + path).ShouldBeNull();

    [Theory]
    [InlineData("root/inside")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("~/root")]
    public void A_path_that_is_not_absolute_is_none(string path) => _roots.Resolve(path).ShouldBeNull();

    [Theory]
    [InlineData("file", true)]
    [InlineData("folder/file", true)]
    [InlineData("../file", false)]
    [InlineData("folder/../../file", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("a//b", false)]
    [InlineData("./a", false)]
    [InlineData("..\\file", false)]
    [InlineData("", false)]
    public void A_relative_path_stays_below_its_folder_or_is_none(string path, bool stays) => _roots.Holds(_scratch["root/inside"], path).ShouldBe(stays);

    [Fact]
    public void A_link_in_the_folder_leads_no_relative_path_out_of_it()
    {
        _roots.Holds(_scratch["root"], "way-out/file").ShouldBeFalse();
        _roots.Holds(_scratch["root"], "way-in/file").ShouldBeTrue();
    }

    [Fact]
    public void Roots_are_absolute_and_there_is_one()
    {
        Should.Throw<SwarmException>(() => new ContentRoots([])).Message.ShouldContain("content root");
        Should.Throw<SwarmException>(() => new ContentRoots(["relative"])).Message.ShouldContain("'relative'");
    }

    public void Dispose()
    {
        File.Delete(_scratch["root/circle"]);
        _scratch.Dispose();
    }
}
