using System.Text.Json;
using System.Xml.Linq;
using Swarm.Sim;
using Swarm.TestKit.Scenarios;
using Swarm.Tests.Host;

namespace Swarm.Tests.Sim;

/// <summary>The swarm-sim program from its command line to its exit code.</summary>
public sealed class SimProgramTests
{
    [Fact]
    public void It_lists_every_scenario_with_its_story()
    {
        var (code, output, _) = Run("--list");
        code.ShouldBe(0);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(ScenarioLibrary.All.Length);
        foreach (var scenario in ScenarioLibrary.All)
        {
            output.ShouldContain(scenario.Name);
            output.ShouldContain(scenario.Story);
        }
    }

    [Fact]
    public void A_run_tells_what_was_drawn_and_when_each_node_was_complete()
    {
        var (code, output, _) = Run("--scenario", "seed-leaves-early", "--seed", "2");
        code.ShouldBe(0);
        output.ShouldContain("Scenario seed-leaves-early, seed 2: passed");
        output.ShouldContain("content bytes:");
        output.ShouldContain("leecher-1: came at");
    }

    [Fact]
    public void A_run_as_json_is_one_object_with_all_of_it()
    {
        var (code, output, _) = Run("--scenario", "seed-leaves-early", "--seed", "2", "--json");
        code.ShouldBe(0);
        var report = JsonDocument.Parse(output).RootElement;
        report.GetProperty("passed").GetBoolean().ShouldBeTrue();
        report.GetProperty("seed").GetInt32().ShouldBe(2);
        report.GetProperty("traceHash").GetString()!.Length.ShouldBe(16);
        report.GetProperty("failure").ValueKind.ShouldBe(JsonValueKind.Null);
        report.GetProperty("replay").GetString().ShouldBe("swarm-sim --scenario seed-leaves-early --seed 2");
        report.GetProperty("nodes")[1].GetProperty("completedSeconds").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Minutes_let_a_scenario_go_on_for_longer_and_are_part_of_the_replay()
    {
        var report = JsonDocument.Parse(Run("--scenario", "seed-leaves-early", "--minutes", "20", "--json").Output).RootElement;
        report.GetProperty("virtualSeconds").GetDouble().ShouldBeGreaterThanOrEqualTo(1_200);
        report.GetProperty("replay").GetString().ShouldBe("swarm-sim --scenario seed-leaves-early --seed 1 --minutes 20");
    }

    [Fact]
    public void The_traces_of_both_runs_are_the_same_text()
    {
        using var scratch = new Scratch();
        Run("--scenario", "seed-leaves-early", "--trace", scratch["trace"]).Code.ShouldBe(0);
        var lines = File.ReadAllLines(scratch["trace"]);
        lines.ShouldContain(line => line.Contains("PiecesActor.BlocksReceived", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("network Connected", StringComparison.Ordinal));
        File.ReadAllLines(scratch["trace.2"]).ShouldBe(lines);
    }

    [Fact]
    public void A_sweep_tells_its_figures()
    {
        var (code, output, _) = Run("sweep", "--for", "1s", "--from-seed", "7", "--scenario", "seed-leaves-early", "--parallel", "2", "--json");
        code.ShouldBe(0);
        var result = JsonDocument.Parse(output).RootElement;
        result.GetProperty("seeds").GetInt32().ShouldBeGreaterThanOrEqualTo(1);
        result.GetProperty("failures").GetInt32().ShouldBe(0);
        result.GetProperty("firstSeed").GetInt32().ShouldBe(7);
        result.GetProperty("seedsPerSecond").GetDouble().ShouldBeGreaterThan(0);
        result.GetProperty("virtualHours").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_crowd_is_measured_both_ways_and_drawn()
    {
        using var scratch = new Scratch();
        var (code, output, _) = Run("crowd", "--sizes", "1,2", "--json", "--plot", scratch["crowd.svg"]);
        code.ShouldBe(0);
        var results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        results.Select(result => result.GetProperty("way").GetString()).ShouldBe(["server", "swarm", "server", "swarm"]);
        // 32 MiB through 1.25 MB/s are 26.8 s; two clients of one server need twice that, two leechers help each other.
        var times = results.Select(result => result.GetProperty("lastSeconds").GetDouble()).ToArray();
        times[0].ShouldBeInRange(26.8, 29);
        times[1].ShouldBeInRange(26.8, 31);
        times[2].ShouldBeInRange(50, 56);
        times[3].ShouldBeInRange(26.8, 45);
        XDocument.Load(scratch["crowd.svg"]).Root!.Name.LocalName.ShouldBe("svg");
    }

    [Fact]
    public void Lookups_in_networks_of_DHT_nodes_are_measured_and_drawn()
    {
        using var scratch = new Scratch();
        var (code, output, _) = Run("dht", "--nodes", "20,60", "--lookups", "40", "--settle", "1m", "--json", "--plot", scratch["dht.svg"]);
        code.ShouldBe(0);
        var results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        results.Select(result => result.GetProperty("nodes").GetInt32()).ShouldBe([20, 60]);
        foreach (var result in results)
        {
            result.GetProperty("exactShare").GetDouble().ShouldBeGreaterThanOrEqualTo(0.95);
            result.GetProperty("medianHops").GetInt32().ShouldBeInRange(1, 3);
            result.GetProperty("medianMessages").GetInt32().ShouldBeGreaterThanOrEqualTo(16);
        }

        XDocument.Load(scratch["dht.svg"]).Root!.Name.LocalName.ShouldBe("svg");
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("sybil", "--prefixes", "2")]
    [InlineData("churn", "--minutes", "10")]
    [InlineData("partition", "--minutes", "1")]
    public void Troubles_of_a_DHT_are_told_line_by_line_with_their_figures(params string[] words)
    {
        var (code, output, _) = Run(["dht", .. words, "--nodes", "30", "--lookups", "10", "--settle", "1m", "--json"]);
        code.ShouldBe(0);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) JsonDocument.Parse(line).RootElement.GetProperty("study").GetString().ShouldBe(words[0]);
    }

    [Theory]
    [InlineData("dht", "no-such-study")]
    [InlineData("dht", "--nodes", "7")]
    [InlineData("dht", "sybil", "--prefixes", "0")]
    [InlineData("--scenario", "no-such-thing")]
    [InlineData("--seed", "x", "--scenario", "flash-crowd")]
    [InlineData("--scenario", "flash-crowd", "--minutes", "0")]
    [InlineData("--seed", "1")]
    [InlineData("--no-such-option")]
    [InlineData("sweep", "--for", "60")]
    [InlineData("sweep", "--for", "0s")]
    [InlineData("sweep", "--for", "s")]
    [InlineData("sweep", "--parallel", "0")]
    [InlineData("sweep", "--scenario", "no-such-thing")]
    [InlineData("crowd", "--sizes", "0")]
    [InlineData("crowd", "--sizes", "1,,2")]
    [InlineData("--scenario", "seed-leaves-early", "--trace", "/no/such/folder/trace")]
    public void What_cannot_be_understood_is_told_on_standard_error(params string[] words)
    {
        var (code, output, error) = Run(words);
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldStartWith("swarm-sim: ");
    }

    private static (int Code, string Output, string Error) Run(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (CommandLine.Run(words, output, error), output.ToString(), error.ToString());
    }
}
