using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Swarm.TestKit.Scenarios;

namespace Swarm.Sim;

/// <summary>Options that more than one command has, and how their words are read.</summary>
internal static class SharedOptions
{
    private const int MostMinutes = 60 * 24 * 365;

    /// <summary>For people, or for programs.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON, one object a line, instead of text." };

    /// <summary>How long a scenario lasts at least.</summary>
    public static Option<int?> Minutes() => new("--minutes")
    {
        HelpName = "M",
        Description = "Let a scenario go on for at least so many minutes of virtual time before everybody must be complete.",
        CustomParser = result => Number(result, 1, MostMinutes),
    };

    /// <summary>A whole number within bounds.</summary>
    public static int? Number(ArgumentResult result, int least, int most)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        result.AddError($"'{result.Tokens[0].Value}' is not a number from {least} to {most}");
        return null;
    }

    /// <summary>A time such as 60s, 5m, 2h.</summary>
    public static TimeSpan? Duration(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, _ => 0 };
        if (unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) return TimeSpan.FromSeconds((long)count * unit);
        result.AddError($"'{text}' is not a time such as 60s, 5m or 2h");
        return null;
    }

    /// <summary>A scenario of the library.</summary>
    public static SwarmScenario? Scenario(ArgumentResult result, string name)
    {
        if (ScenarioLibrary.Find(name) is { } scenario) return scenario;
        result.AddError($"there is no scenario '{name}'; 'swarm-sim --list' shows those that there are");
        return null;
    }

    /// <summary>The scenario, going on for so long if it is said.</summary>
    public static SwarmScenario Lasting(this SwarmScenario scenario, int? minutes) => minutes is not { } count
        ? scenario
        : scenario.Lasting(TimeSpan.FromMinutes(count)).ReplayedBy($"swarm-sim --scenario {scenario.Name} --seed {{seed}} --minutes {count}");
}
