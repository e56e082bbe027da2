using Swarm.TestKit.Scenarios;

namespace Swarm.Tests.Simulations;

/// <summary>Every scenario of the library, from a few seeds.</summary>
public sealed class LibraryTests
{
    private const int Seeds = 3;

    public static TheoryData<string, int> Runs
    {
        get
        {
            var runs = new TheoryData<string, int>();
            foreach (var scenario in ScenarioLibrary.All)
            {
                for (var seed = 1; seed <= Seeds; seed++) runs.Add(scenario.Name, seed);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_scenario_of_the_library_holds(string name, int seed) => ScenarioLibrary.Find(name).ShouldNotBeNull().Check(seed).Passed.ShouldBeTrue();
}
