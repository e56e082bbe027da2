using System.Diagnostics;
using System.Globalization;
using Swarm.TestKit.Scenarios;

namespace Swarm.Tests.Simulations;

/// <summary>
/// New seeds of every scenario in turn, for as long as there is time: SWARM_SWEEP_SECONDS (5 unless it is set; CI sweeps for longer, with swarm-sim), from SWARM_SWEEP_FROM on. A failure says which scenario and which seed.
/// </summary>
public sealed class SweepTests
{
    private const int DefaultSeconds = 5;
    private const int DefaultFrom = 1_000;

    [Fact]
    public void Seeds_that_were_never_played_hold_too()
    {
        var time = TimeSpan.FromSeconds(Number("SWARM_SWEEP_SECONDS", DefaultSeconds));
        var watch = Stopwatch.StartNew();
        for (var seed = Number("SWARM_SWEEP_FROM", DefaultFrom); ; seed++)
        {
            foreach (var scenario in ScenarioLibrary.All)
            {
                if (watch.Elapsed >= time) return;
                scenario.Check(seed);
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
