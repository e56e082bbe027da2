using Microsoft.Extensions.Configuration;
using Swarm.Hocon;

namespace Swarm.Tests.Hocon;

public sealed class HoconConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-hocon-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Dotnet_configuration_sees_paths_lists_and_nulls()
    {
        var path = Write("app.conf", "include \"more.conf\"\na { b = ${NAME}, c = [1, {d: 2}], e = null, f = [], g {} }");
        Write("more.conf", "a.h = 64 MiB");
        var configuration = new ConfigurationBuilder().Add(new HoconConfigurationSource { Path = path, Environment = name => name == "NAME" ? "of env" : null }).Build();
        configuration["a:b"].ShouldBe("of env");
        configuration["A:C:1:D"].ShouldBe("2");
        configuration["a:e"].ShouldBeNull();
        configuration["a:f"].ShouldBe("");
        configuration["a:g"].ShouldBe("");
        configuration["a:h"].ShouldBe("64 MiB");
        configuration.GetSection("a:c").GetChildren().Count().ShouldBe(2);
    }

    [Fact]
    public void A_reload_sees_what_was_written_and_a_bad_file_changes_nothing()
    {
        var path = Write("app.conf", "a = 1");
        var configuration = new ConfigurationBuilder().Add(new HoconConfigurationSource { Path = path }).Build();
        Write("app.conf", "a = 2");
        configuration.Reload();
        configuration["a"].ShouldBe("2");
        Write("app.conf", "a = {\n b");
        Should.Throw<HoconException>(configuration.Reload).Message.ShouldContain("app.conf:2:3: ");
        configuration["a"].ShouldBe("2");
    }

    [Fact]
    public void A_missing_file_is_an_error_unless_it_is_optional()
    {
        var path = Path.Combine(_folder, "none.conf");
        Should.Throw<HoconException>(() => new ConfigurationBuilder().Add(new HoconConfigurationSource { Path = path }).Build()).Errors.ShouldHaveSingleItem();
        new ConfigurationBuilder().Add(new HoconConfigurationSource { Path = path, Optional = true }).Build().GetChildren().ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_utf8_is_refused()
    {
        var path = Path.Combine(_folder, "latin1.conf");
        File.WriteAllBytes(path, [(byte)'a', (byte)'=', 0xe4]);
        HoconDocument.Load(path, HoconFiles.Instance).Errors.ShouldHaveSingleItem().Message.ShouldContain("not UTF-8");
    }

    [Fact]
    public void A_folder_or_an_endless_file_is_refused()
    {
        HoconDocument.Load(_folder, HoconFiles.Instance).Errors.ShouldHaveSingleItem();
        if (File.Exists("/dev/zero")) HoconDocument.Load("/dev/zero", HoconFiles.Instance, new HoconLimits { MaxFileLength = 1000 }).Errors.ShouldHaveSingleItem();
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
