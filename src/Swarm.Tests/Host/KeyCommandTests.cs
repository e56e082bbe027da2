using System.Text.Json;
using Swarm.Host;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host;

public sealed class KeyCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_key_is_shown_once_kept_hashed_listed_and_removed()
    {
        var made = await RunAsync("new", "grafana", "--scope", "viewer");
        made.ExitCode.ShouldBe(ExitCodes.Done, made.Error);
        var text = made.Out.TrimEnd('\n');
        text.ShouldStartWith(ApiKeys.Prefix);
        made.Error.ShouldContain("shown once");
        new ApiKeys(ApiKeyFile.Load(_scratch["state"])).Find(text)!.ShouldSatisfyAllConditions(key => key.Name.ShouldBe("grafana"), key => key.Scope.ShouldBe(Scope.Viewer));
        foreach (var file in Directory.GetFiles(_scratch["state"])) File.ReadAllText(file).ShouldNotContain(text);

        var second = await RunAsync("new", "me", "--scope", "admin", "--json");
        JsonDocument.Parse(second.Out).RootElement.GetProperty("key").GetString()!.ShouldStartWith(ApiKeys.Prefix);
        (await RunAsync("list")).Out.ShouldBe("grafana\tviewer\nme\tadmin\n");
        (await RunAsync("list", "--json")).Out.ShouldBe("""[{"name":"grafana","scope":"viewer"},{"name":"me","scope":"admin"}]""" + "\n");

        (await RunAsync("remove", "grafana")).ExitCode.ShouldBe(ExitCodes.Done);
        (await RunAsync("list")).Out.ShouldBe("me\tadmin\n");
        new ApiKeys(ApiKeyFile.Load(_scratch["state"])).Find(text).ShouldBeNull();
    }

    [Fact]
    public async Task A_name_is_given_once_and_only_what_is_there_is_removed()
    {
        await RunAsync("new", "me", "--scope", "admin");
        (await RunAsync("new", "me", "--scope", "viewer")).ShouldFailSaying("there is an API key 'me' already");
        (await RunAsync("remove", "you")).ShouldFailSaying("there is no API key 'you'");
        (await RunAsync("list")).Out.ShouldBe("me\tadmin\n");
    }

    [Fact]
    public async Task While_another_changes_the_keys_nothing_is_changed()
    {
        await RunAsync("new", "me", "--scope", "admin");
        using (new FileStream(_scratch["state/api-keys.json.lock"], FileMode.Open, FileAccess.ReadWrite, FileShare.None)) (await RunAsync("new", "you", "--scope", "viewer")).ShouldFailSaying("cannot be changed");
        (await RunAsync("list")).Out.ShouldBe("me\tadmin\n");
    }

    [Theory]
    [InlineData("--scope", "new", "me")]
    [InlineData("'root'", "new", "me", "--scope", "root")]
    [InlineData("'a b' is no name for a key", "new", "a b", "--scope", "viewer")]
    [InlineData("is no name for a key", "remove", "")]
    public async Task A_wrong_name_or_scope_is_wrong_usage(string expected, params string[] args) => (await RunAsync(args)).ShouldFailSaying(expected, ExitCodes.Usage);

    private Task<Ended> RunAsync(params string[] args) => Invocation.RunAsync(["key", .. args, "--data", _scratch["state"]]);
}
