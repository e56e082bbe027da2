using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Host.Configuration;

namespace Swarm.Tests.Host.Configuration;

/// <summary>What operators write, and what they are told.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("swarm-config-").FullName, "swarm.conf");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Each_layer_overrides_those_below_it()
    {
        var environment = new Dictionary<string, string> { ["SWARM__NET__UPLOAD_LIMIT"] = "2 MiB", ["SWARM__NET__MAX_WAITING_DIALS"] = "7", ["SWARM__API__LISTEN"] = "[\"127.0.0.1:1\"]", ["PATH"] = "x" };
        var configuration = Read("swarm.net { upload-limit = 1 MiB, download-limit = 1 MiB, max-unidentified = 9 }", environment, "net.upload-limit=3MiB");
        configuration.Errors.ShouldBeEmpty();
        configuration.Settings.Net.UploadLimit.ShouldBe(3 << 20);
        configuration.Settings.Net.DownloadLimit.ShouldBe(1 << 20);
        configuration.Settings.Net.MaxWaitingDials.ShouldBe(7);
        configuration.Settings.Net.MaxUnidentified.ShouldBe(9);
        configuration.Settings.Api!.Listen.ShouldBe([new IPEndPoint(IPAddress.Loopback, 1)]);
    }

    [Fact]
    public void Values_of_every_kind_are_read()
    {
        var configuration = Read(
            """
            swarm {
              drain-timeout = 2 minutes
              node { name = "one", data-folder = ${HOME}/swarm, listen = ["192.0.2.7:6881", "[2001:db8::7]:0"], port = 6900 }
              net { bind = "2001:db8::7", connect-timeout = 5s }
              dht { enabled = off, routers.0 = "a.example.net:1", routers.1 = "192.0.2.1:2" }
              api { authentication = always, keys = [{ name = grafana, secret = "0123456789abcdef", scope = operator }], max-body-bytes = 1 MB }
              log { level = debug, levels { Swarm.Dht = trace, "Swarm.Net" = error }, format = json }
              io.disk { workers = auto, read-buffer-bytes = 64k }
              trackers.udp.base-timeout = 500
            }
            """,
            new Dictionary<string, string> { ["HOME"] = "/home/of" });
        configuration.Errors.ShouldBeEmpty();
        var settings = configuration.Settings;
        settings.DrainTimeout.ShouldBe(TimeSpan.FromMinutes(2));
        settings.Node.DataFolder.ShouldBe("/home/of/swarm");
        settings.Node.Port.ShouldBe(6900);
        settings.Node.Listen.ShouldBe([IPEndPoint.Parse("192.0.2.7:6881"), IPEndPoint.Parse("[2001:db8::7]:0")]);
        settings.Net.Bind.ShouldBe(IPAddress.Parse("2001:db8::7"));
        settings.Dht.ShouldBeNull();
        settings.Api!.Keys.ShouldBe([new ApiKeySettings { Name = "grafana", Secret = "0123456789abcdef", Scope = ApiScope.Operator }]);
        settings.Api.MaxBodyBytes.ShouldBe(1_000_000);
        settings.Log.Levels["Swarm.Dht"].ShouldBe(LogLevel.Trace);
        settings.Log.Levels["Swarm.Net"].ShouldBe(LogLevel.Error);
        settings.Io.Disk.Workers.ShouldBe(SwarmSettings.Default.Io.Disk.Workers);
        settings.Io.Disk.ReadBufferBytes.ShouldBe(64 << 10);
        settings.Trackers.Udp.BaseTimeout.ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Theory]
    [InlineData("swarm.net.uplod-limit = 1", "1:1: 'swarm.net.uplod-limit' is no known key; did you mean 'swarm.net.upload-limit'?")]
    [InlineData("swarm.max-links = 1", "1:1: 'swarm.max-links' is no known key; did you mean 'swarm.io.sockets.max-links'?")]
    [InlineData("swarm.entirely-unheard-of = 1", "1:1: 'swarm.entirely-unheard-of' is no known key")]
    [InlineData("net.upload-limit = 1", "1:1: 'net' is no known key; all keys are below 'swarm'")]
    [InlineData("swarm.net = 1", "1:13: 'swarm.net' is '1', where an object with keys is expected")]
    [InlineData("swarm.net.upload-limit = fast", "1:26: 'swarm.net.upload-limit' is 'fast', where a size, such as 64 KiB is expected")]
    [InlineData("swarm.net.max-waiting-dials = [1]", "1:31: 'swarm.net.max-waiting-dials' is a list, where a whole number is expected")]
    [InlineData("swarm.net.max-waiting-dials = null", "1:31: 'swarm.net.max-waiting-dials' is null, where a value is expected")]
    [InlineData("swarm.net.max-waiting-dials = auto", "1:31: 'swarm.net.max-waiting-dials' is 'auto', where a whole number is expected")]
    [InlineData("swarm.net.max-waiting-dials = 0", "1:31: 'swarm.net.max-waiting-dials' is out of its range: it (0) must be greater than or equal to 1")]
    [InlineData("swarm.net.connect-timeout = 1 h", "1:29: 'swarm.net.connect-timeout' is out of its range: it (1 h) must be less than or equal to 2 m")]
    [InlineData("swarm.io.sockets.slab-pool-bytes = 1k", "1:36: 'swarm.io.sockets.slab-pool-bytes' is out of its range: it (1 KiB) must be greater than or equal to 1 MiB")]
    [InlineData("swarm.io.disk.workers = 100", "1:25: 'swarm.io.disk.workers' is out of its range: Must be from 1 to 64")]
    [InlineData("swarm.io.disk.low-water-bytes = 1 GiB", "1:33: 'swarm.io.disk.low-water-bytes': it must not be above high-water-bytes")]
    [InlineData("swarm.net.bind = 1", "1:18: 'swarm.net.bind' is '1', where an IP address, such as 192.0.2.7 or \"2001:db8::7\" is expected")]
    [InlineData("swarm.node.listen = [\"host:1\"]", "1:22: 'swarm.node.listen.0' is 'host:1', where an IP address and a port, such as \"192.0.2.7:6881\" or \"[2001:db8::7]:6881\" is expected")]
    [InlineData("swarm.node.listen = \"127.0.0.1:1\"", "1:21: 'swarm.node.listen' is '127.0.0.1:1', where a list, such as [a, b] is expected")]
    [InlineData("swarm.dht.enabled = perhaps", "1:21: 'swarm.dht.enabled' is 'perhaps', where true or false is expected")]
    [InlineData("swarm.dht { enabled = false, max-lookups = x }", "1:44: 'swarm.dht.max-lookups' is 'x', where a whole number is expected")]
    [InlineData("swarm.log.file = \"\"", "1:18: 'swarm.log.file': this is no file's name; leave the key out for standard error")]
    [InlineData("swarm.log.format = xml", "1:20: 'swarm.log.format' is 'xml', where one of text, json is expected")]
    [InlineData("swarm.log.levels.Swarm.Dht = loud", "1:30: 'swarm.log.levels.\"Swarm.Dht\"' is 'loud', where one of trace, debug, information, warning, error, critical, none is expected")]
    [InlineData("swarm.api.keys = [{ name = x, secret = short }]", "1:40: 'swarm.api.keys.0.secret': a key needs a secret of 16 characters or more; 'openssl rand -hex 32' makes one")]
    [InlineData("swarm.api.keys = [{ name = x, secret = 0123456789abcdef, scpe = admin }]", "1:58: 'swarm.api.keys.0.scpe' is no known key")]
    [InlineData("swarm.api.tls-key-file = /k", "1:26: 'swarm.api.tls-key-file': TLS needs both a certificate and its key")]
    [InlineData("swarm.net { bind = ", "1:20: a value is expected, not the end of the text")]
    public void An_error_says_where_what_and_the_nearest_key(string text, string expected) =>
        Read(text).Errors.ShouldHaveSingleItem().ToString().ShouldStartWith($"{_file}:{expected}");

    [Fact]
    public void All_errors_are_told_at_once() =>
        Read("swarm.net.x = 1\nswarm.dht.max-lookups = many\nswarm.node.port = 70000\nswarm.log.level = ${nowhere}").Errors.Select(error => error.Origin.Line).Order().ShouldBe([1, 2, 3, 4]);

    [Fact]
    public void Errors_of_environment_and_command_line_name_their_source()
    {
        var configuration = Read("", new Dictionary<string, string> { ["SWARM__NET__UPLOAD_LMIT"] = "1", ["SWARM__DHT__ROUTERS"] = "[" }, "net.bind=x");
        configuration.Errors.Select(error => error.ToString()).ShouldBe(
        [
            "environment variable SWARM__DHT__ROUTERS:1:2: a list does not end; the '[' of environment variable SWARM__DHT__ROUTERS:1:1 needs a ']'",
            "environment variable SWARM__NET__UPLOAD_LMIT: 'swarm.net.upload-lmit' is no known key; did you mean 'swarm.net.upload-limit'?",
            "--set net.bind: 'swarm.net.bind' is 'x', where an IP address, such as 192.0.2.7 or \"2001:db8::7\" is expected",
        ], ignoreOrder: true);
    }

    [Theory]
    [InlineData("links", "limits", 3)]
    [InlineData("limit", "limti", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    [InlineData("upload-limit", "uplod-limit", 1)]
    public void Distance_counts_letters_put_in_taken_out_changed_or_swapped(string one, string other, int expected)
    {
        NearestKey.Distance(one, other).ShouldBe(expected);
        NearestKey.Distance(other, one).ShouldBe(expected);
    }

    [Theory]
    [InlineData("MaxLinks", "max-links")]
    [InlineData("DhtV4", "dht-v4")]
    [InlineData("NumWant", "num-want")]
    [InlineData("Tick", "tick")]
    [InlineData("IsReadOnly", "is-read-only")]
    public void A_member_is_a_key_in_words(string member, string key) => SettingsGroup.KeyOf(member).ShouldBe(key);

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(15_000, "15 s")]
    [InlineData(90_000, "90 s")]
    [InlineData(120_000, "2 m")]
    [InlineData(86_400_000, "1 d")]
    [InlineData(250, "250 ms")]
    public void Durations_are_written_with_the_largest_whole_unit(long milliseconds, string expected) => SettingsText.Duration(TimeSpan.FromMilliseconds(milliseconds)).ShouldBe(expected);

    [Fact]
    public void What_differs_between_two_configurations_is_told_by_key()
    {
        var one = Read("swarm.net.upload-limit = 1");
        var other = Read("swarm { net.upload-limit = 2, node.name = x, dht.routers = [] }");
        one.Changes(other).ShouldBe(["swarm.dht.routers", "swarm.net.upload-limit", "swarm.node.name"]);
        one.Changes(one).ShouldBeEmpty();
    }

    // Each kind of value, and each way in which one may depend on reference.conf.
    public static TheoryData<string> Layers { get; } =
    [
        "",
        "swarm.net.upload-limit = 2 MiB",
        "swarm { node { port = 6900, listen = [\"192.0.2.7:6881\"], name = null }, dht.routers.0 = \"a.example.net:1\" }",
        "swarm.dht.enabled = false",
        "swarm.dht.enabled = true",
        "swarm.dht.security.queries-in-all = 7",
        "swarm.cluster.name = x",
        "swarm.cluster { enabled = false, name = x }",
        "swarm.api { enabled = false, max-body-bytes = 1 MB }",
        "swarm.api.keys = [{ name = grafana, secret = \"0123456789abcdef\", scope = operator }]",
        "swarm.io.disk { workers = auto, read-buffer-bytes = 64k }",
        "swarm.io.disk.workers = 3",
        "swarm.log.levels { Swarm.Dht = trace, Microsoft.Hosting = debug }",
        "swarm.log.levels.Microsoft = debug",
        "swarm.net.upload-limit = ${swarm.net.max-waiting-dials}",
        "swarm.node.private-networks += 10.1.0.0/16",
        "swarm.io.disk { low-water-bytes = 1 GiB, high-water-bytes = 1 MiB }",
        "swarm.io.disk.low-water-bytes = 1 TiB",
        "swarm.net.uplaod-limit = 1",
        "swarm.net.upload-limit = much",
        "swarm = 7",
        "[1]",
        "{",
    ];

    [Theory]
    [MemberData(nameof(Layers))]
    public void What_is_read_without_the_reference_is_what_it_is_with_it(string text)
    {
        File.WriteAllText(_file, text);
        Override.TryParse("net.max-unidentified=9", out var set).ShouldBeTrue();
        var environment = new Dictionary<string, string> { ["SWARM__NET__MAX_WAITING_DIALS"] = "7" };
        var read = SwarmConfiguration.Read(_file, environment, [set!]);
        var whole = SwarmConfiguration.ReadWhole(_file, environment, [set!]);
        read.Errors.Select(error => error.ToString()).ShouldBe(whole.Errors.Select(error => error.ToString()));
        ReferenceTests.Flat(read.Settings, SettingsGroup.Root).ShouldBe(ReferenceTests.Flat(whole.Settings, SettingsGroup.Root));
        ConfigurationText.Lines(read.Effective, [], withOrigin: true).ShouldBe(ConfigurationText.Lines(whole.Effective, [], withOrigin: true));
    }

    private SwarmConfiguration Read(string text, Dictionary<string, string>? environment = null, params ImmutableArray<string> sets)
    {
        File.WriteAllText(_file, text);
        return SwarmConfiguration.Read(_file, environment ?? [], sets.Select(set => Override.TryParse(set, out var found) ? found! : throw new ArgumentException(set)));
    }
}
