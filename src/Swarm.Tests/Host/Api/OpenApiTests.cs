using System.Text.Json;
using System.Text.Json.Nodes;
using Swarm.Tests.Architecture;

namespace Swarm.Tests.Host.Api;

public sealed class OpenApiTests
{
    // Set, the test writes the document instead of comparing it.
    private const string Write = "SWARM_WRITE_OPENAPI";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_document_in_the_repository_is_the_nodes()
    {
        await using var api = await ApiFixture.StartAsync();
        var document = JsonNode.Parse(await api.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken))!;
        // The version is the program's, and changes with each release without the API.
        document["info"]!["version"] = "v1";
        var text = document.ToJsonString(Indented) + "\n";
        var path = Path.Combine(Repository.Root, "docs", "openapi.json");
        if (Environment.GetEnvironmentVariable(Write) is not null) await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n").ShouldBe(text, $"docs/openapi.json is out of date: run this test with {Write}=1 and look at what changes");
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_and_a_group()
    {
        await using var api = await ApiFixture.StartAsync();
        using var document = JsonDocument.Parse(await api.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken));
        var operations = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (path.Name, operation.Value))).ToList();

        operations.Count.ShouldBeGreaterThan(30);
        foreach (var (path, operation) in operations)
        {
            operation.GetProperty("operationId").GetString().ShouldNotBeNullOrEmpty(path);
            operation.GetProperty("summary").GetString()!.ShouldEndWith(".", customMessage: path);
            operation.GetProperty("tags").GetArrayLength().ShouldBe(1, path);
        }

        operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).ShouldBeUnique();
    }
}
