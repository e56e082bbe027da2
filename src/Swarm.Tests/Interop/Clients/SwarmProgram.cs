using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Tests.Interop.Clients;

/// <summary>The <c>swarm</c> program in a process of its own, followed by its JSON lines.</summary>
internal sealed class SwarmProgram
{
    private readonly ClientProcess _process;

    private SwarmProgram(ClientProcess process) => _process = process;

    /// <summary>Pieces it has said it verified.</summary>
    public int Verified => _process.Lines.Sum(PiecesIn);

    /// <summary>Starts it at 127.0.0.1 with its state in <paramref name="data"/>.</summary>
    public static SwarmProgram Start(Scenario scenario, string data, params IEnumerable<string> arguments)
    {
        string[] common = ["--data", data, "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--json"];
        return new SwarmProgram(scenario.Own(ClientProcess.Start("swarm", Path.Combine(AppContext.BaseDirectory, "swarm"), scenario.Root, [.. arguments, .. common])));
    }

    /// <summary>The first line of this type.</summary>
    public async Task<JsonObject> LineAsync(string type) => Parse(await _process.LineAsync(line => IsOf(line, type), $"a line of type {type}", Scenario.Patience))!;

    /// <summary>It has said of so many pieces that it verified them.</summary>
    public Task VerifiedAsync(int pieces) => _process.LineAsync(line => (pieces -= PiecesIn(line)) <= 0, "enough verified pieces", Scenario.Patience);

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => _process.Interrupt();

    public Task KillAsync() => _process.KillAsync();

    /// <summary>Its exit code.</summary>
    public Task<int> ExitAsync() => _process.ExitAsync(Scenario.Patience);

    private static int PiecesIn(string line) => IsOf(line, "verified") ? Parse(line)!["pieces"]!.AsArray().Count : 0;

    private static bool IsOf(string line, string type) => (string?)Parse(line)?["type"] == type;

    private static JsonObject? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            // What it says on standard error.
            return null;
        }
    }
}
