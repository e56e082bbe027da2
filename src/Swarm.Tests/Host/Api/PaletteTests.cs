using System.Text.Json;
using System.Text.RegularExpressions;
using Swarm.Api.Contracts;

namespace Swarm.Tests.Host.Api;

public sealed partial class PaletteTests
{
    private static readonly string[] Scopes = ["viewer", "operator", "admin"];

    [Fact]
    public async Task Every_command_is_an_operation_with_its_scope_and_its_arguments_are_where_they_say()
    {
        await using var api = await ApiFixture.StartAsync();
        var book = await api.GetAsync("/api/v1/palettes", ApiJson.Default.PaletteBook);
        using var document = JsonDocument.Parse(await api.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken));
        var paths = document.RootElement.GetProperty("paths");

        foreach (var command in book.Items.SelectMany(palette => palette.Commands))
        {
            paths.TryGetProperty(command.Path, out var path).ShouldBeTrue(command.Path);
            path.TryGetProperty(command.Method.ToLowerInvariant(), out var operation).ShouldBeTrue($"{command.Method} {command.Path}");
            operation.GetProperty("description").GetString()!.ShouldContain($"Scope: {command.Scope}.");
            var parameters = operation.TryGetProperty("parameters", out var declared)
                ? declared.EnumerateArray().Select(parameter => $"{parameter.GetProperty("in").GetString()} {parameter.GetProperty("name").GetString()}").ToList()
                : [];
            foreach (var argument in command.Arguments.Where(argument => argument.Place != ArgumentPlace.Body)) parameters.ShouldContain($"{argument.Place} {argument.Field}", command.Path);
            foreach (var argument in command.Arguments.Where(argument => argument.Place == ArgumentPlace.Body)) Body(document, operation, argument.Field).ShouldBeTrue($"{command.Path}: {argument.Field}");
            InBraces().Matches(command.Path).Select(match => match.Groups[1].Value)
                .ShouldBe(command.Arguments.Where(argument => argument.Place == ArgumentPlace.Path).OrderBy(argument => argument.Position).Select(argument => argument.Field), command.Path);
        }
    }

    [Fact]
    public async Task Commands_are_well_formed()
    {
        await using var api = await ApiFixture.StartAsync();
        var book = await api.GetAsync("/api/v1/palettes", ApiJson.Default.PaletteBook);

        book.Items.Select(palette => palette.Name).ShouldBe(["node", "torrents", "peers", "dht", "trackers", "cluster", "automation", "actors", "log", "config"]);
        foreach (var palette in book.Items)
        {
            palette.Commands.Select(command => command.Name).ShouldBeUnique();
            foreach (var command in palette.Commands)
            {
                Scopes.ShouldContain(command.Scope);
                command.Description.ShouldEndWith(".");
                command.Output.Columns.ShouldNotBeEmpty();
                command.Arguments.Select(argument => argument.Name).ShouldBeUnique();
                var positions = command.Arguments.Where(argument => argument.Position is not null).Select(argument => argument.Position!.Value).ToList();
                positions.ShouldBe(Enumerable.Range(0, positions.Count), $"{palette.Name} {command.Name}");
                command.Arguments.Where(argument => argument.Position is not null).SkipLast(1).ShouldAllBe(argument => !argument.Repeats);
                foreach (var argument in command.Arguments) argument.Help.ShouldEndWith(argument.Help.Contains("address:port") && argument.Help.Length < 20 ? "port" : ".");
                if (command.Example is { } example) example.ShouldStartWith($"{palette.Name} {command.Name} ");
            }
        }
    }

    [Theory]
    [InlineData("node status")]
    [InlineData("node drain")]
    [InlineData("torrents list")]
    [InlineData("torrents add")]
    [InlineData("torrents remove")]
    [InlineData("torrents pause")]
    [InlineData("torrents resume")]
    [InlineData("torrents show")]
    [InlineData("torrents explain")]
    [InlineData("torrents move")]
    [InlineData("torrents limit")]
    [InlineData("peers list")]
    [InlineData("dht status")]
    [InlineData("dht lookup")]
    [InlineData("trackers list")]
    [InlineData("cluster status")]
    [InlineData("cluster members")]
    [InlineData("cluster leases")]
    [InlineData("cluster placement")]
    [InlineData("cluster drain")]
    [InlineData("cluster up")]
    [InlineData("cluster down")]
    [InlineData("cluster rebalance")]
    [InlineData("cluster explain")]
    [InlineData("cluster bans")]
    [InlineData("actors tree")]
    [InlineData("actors mailboxes")]
    [InlineData("actors restart")]
    [InlineData("log tail")]
    [InlineData("log level")]
    [InlineData("config show")]
    public async Task What_operators_type_is_there(string command)
    {
        await using var api = await ApiFixture.StartAsync();
        var book = await api.GetAsync("/api/v1/palettes", ApiJson.Default.PaletteBook);

        book.Items.SelectMany(palette => palette.Commands.Select(line => $"{palette.Name} {line.Name}")).ShouldContain(command);
    }

    // Whether the operation's JSON body has the member; dots lead into members of members.
    private static bool Body(JsonDocument document, JsonElement operation, string field)
    {
        var schema = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        foreach (var name in field.Split('.'))
        {
            while (schema.TryGetProperty("$ref", out var reference)) schema = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
            if (!schema.TryGetProperty("properties", out var members) || !members.TryGetProperty(name, out schema)) return false;
        }

        return true;
    }

    [GeneratedRegex(@"\{(\w+)")]
    private static partial Regex InBraces();
}
