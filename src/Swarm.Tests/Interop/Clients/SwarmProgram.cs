using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Tests.Interop.Clients;

/// <summary>The <c>swarm</c> program in a process of its own, followed by its JSON lines.</summary>
internal sealed class SwarmProgram
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "swarm");

    private readonly ClientProcess _process;

    private SwarmProgram(ClientProcess process) => _process = process;

    /// <summary>Pieces it has said it verified.</summary>
    public int Verified => _process.Lines.Sum(PiecesIn);

    /// <summary>Starts it at 127.0.0.1 with its state in <paramref name="data"/>.</summary>
    public static SwarmProgram Start(Scenario scenario, string data, params IEnumerable<string> arguments)
    {
        string[] common = ["--data", data, "--bind", "127.0.0.1", "--port", "0", "--no-dht", "--json"];
        return new SwarmProgram(scenario.Start("swarm", Executable, [.. arguments, .. common]));
    }

    /// <summary>Starts it at <paramref name="at"/>, with a folder of its own, as part of a DHT of which it knows one node.</summary>
    public static SwarmProgram StartInDht(Scenario scenario, IPEndPoint at, IPEndPoint router, params IEnumerable<string> arguments)
    {
        string[] common = ["--data", scenario.Folder($"swarm-{at.Address}"), "--bind", at.Address.ToString(), "--port", at.Port.ToString(CultureInfo.InvariantCulture), "--dht-router", router.ToString(), "--json"];
        return new SwarmProgram(scenario.Start($"swarm at {at}", Executable, [.. arguments, .. common]));
    }

    /// <summary>What a verb of <c>swarm dht</c> printed, as text; the verb begins with <paramref name="node"/>.</summary>
    public static async Task<IReadOnlyList<string>> DhtVerbAsync(Scenario scenario, IPAddress at, IPEndPoint node, params IEnumerable<string> verb)
    {
        var run = scenario.Start("swarm dht", Executable, ["dht", .. verb, "--node", node.ToString(), "--bind", at.ToString(), "--data", scenario.Folder($"swarm-{at}")]);
        await run.ExitAsync(Scenario.Patience);
        return run.Lines;
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
