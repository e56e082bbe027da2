using System.Text.Json;
using Swarm.Host;

namespace Swarm.Tests.Host.Configuration;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Check_says_that_all_is_good()
    {
        var file = Write("swarm.net.upload-limit = 1 MiB");
        var ended = await Invocation.RunAsync("config", "check", "--config", file);
        ended.ExitCode.ShouldBe(ExitCodes.Done, ended.Error);
        ended.Out.ShouldBe($"the configuration is good ({file})\n");
    }

    [Fact]
    public async Task Check_tells_every_error_a_line_each()
    {
        var file = Write("swarm.net {\n  uplod-limit = 1 MiB\n  max-waiting-dials = many\n}\n");
        var ended = await Invocation.RunAsync("config", "check", "--config", file);
        ended.ExitCode.ShouldBe(ExitCodes.Configuration);
        ended.Complaints.ShouldBe(
        [
            $"swarm: {file}:2:3: 'swarm.net.uplod-limit' is no known key; did you mean 'swarm.net.upload-limit'?",
            $"swarm: {file}:3:23: 'swarm.net.max-waiting-dials' is 'many', where a whole number is expected",
        ]);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error()
    {
        var ended = await Invocation.RunAsync("config", "check", "--config", _scratch["none.conf"]);
        ended.ExitCode.ShouldBe(ExitCodes.Configuration);
        ended.Error.ShouldContain("none.conf: there is no such file");
    }

    [Fact]
    public async Task Show_prints_what_holds_and_where_it_was_written()
    {
        var file = Write("swarm.net.upload-limit = 1 MiB");
        var ended = await Invocation.RunAsync("config", "show", "net", "--origin", "--config", file, "--download-limit", "2MiB", "--set", "net.connect-timeout=5 s");
        ended.ExitCode.ShouldBe(ExitCodes.Done, ended.Error);
        var lines = ended.Out.Split('\n');
        lines.ShouldContain($"swarm.net.upload-limit = 1 MiB  # {file}:1:26");
        lines.ShouldContain("swarm.net.download-limit = 2097152  # --download-limit");
        lines.ShouldContain("swarm.net.connect-timeout = 5 s  # --set net.connect-timeout");
        lines.ShouldContain(line => line.StartsWith("swarm.net.max-waiting-dials = 1024  # reference.conf:", StringComparison.Ordinal));
        lines.ShouldAllBe(line => line.Length == 0 || line.StartsWith("swarm.net.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Show_can_be_read_again_as_a_configuration()
    {
        var shown = await Invocation.RunAsync("config", "show", "--port", "7000", "--data", "a \"b\" # c");
        var file = Write(shown.Out);
        var again = await Invocation.RunAsync("config", "show", "--config", file);
        again.ExitCode.ShouldBe(ExitCodes.Done, again.Error);
        again.Out.ShouldBe(shown.Out);
    }

    [Fact]
    public async Task Show_masks_secrets()
    {
        var file = Write("swarm.api.keys = [{ name = grafana, secret = 0123456789abcdef, scope = viewer }]");
        foreach (var json in new string[][] { [], ["--json"], ["--json", "--origin"], ["--origin"] })
        {
            var ended = await Invocation.RunAsync(["config", "show", "api", "--config", file, .. json]);
            ended.Out.ShouldContain("grafana");
            ended.Out.ShouldContain("********");
            ended.Out.ShouldNotContain("0123456789abcdef");
        }
    }

    [Fact]
    public async Task Show_prints_json()
    {
        var ended = await Invocation.RunAsync("config", "show", "swarm.net", "--json", "--upload-limit", "1K");
        var net = JsonDocument.Parse(ended.Out).RootElement;
        net.GetProperty("max-waiting-dials").GetInt32().ShouldBe(1024);
        net.GetProperty("bind").ValueKind.ShouldBe(JsonValueKind.Null);
        net.GetProperty("dial").ValueKind.ShouldBe(JsonValueKind.Object);
    }

    [Fact]
    public async Task Show_knows_the_nearest_key()
    {
        var ended = await Invocation.RunAsync("config", "show", "net.uplod-limit");
        ended.ShouldFailSaying("there is no key 'net.uplod-limit'; did you mean 'swarm.net.upload-limit'?");
    }

    [Fact]
    public async Task Every_verb_takes_a_configuration()
    {
        var ended = await Invocation.RunAsync("get", "x.torrent", "--set", "net.uplod-limit=1");
        ended.ShouldFailSaying("--set net.uplod-limit: 'swarm.net.uplod-limit' is no known key", ExitCodes.Configuration);
        (await Invocation.RunAsync("get", "x.torrent", "--set", "nonsense")).ShouldFailSaying("--set: 'nonsense' is not KEY=VALUE", ExitCodes.Usage);
    }

    private string Write(string text)
    {
        var path = _scratch["swarm.conf"];
        File.WriteAllText(path, text);
        return path;
    }
}
