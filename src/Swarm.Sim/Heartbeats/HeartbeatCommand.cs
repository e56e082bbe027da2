using System.Collections.Immutable;
using System.CommandLine;
using Swarm.Sim.Output;

namespace Swarm.Sim.Heartbeats;

/// <summary><c>swarm-sim heartbeats</c>: what clusters of several sizes cost when nothing happens.</summary>
internal sealed class HeartbeatCommand : Command
{
    private const int MostMembers = 500;
    private static readonly ImmutableArray<int> DefaultSizes = [3, 10, 30, 100];

    private readonly TextWriter _output;
    private readonly Option<int?> _members = new("--members") { HelpName = "N", Description = "How many members. Default: 3, 10, 30 and 100, each in a run of its own.", CustomParser = result => SharedOptions.Number(result, 1, MostMembers) };
    private readonly Option<int?> _seed = new("--seed") { HelpName = "N", Description = "What chance follows from. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<bool> _json = SharedOptions.Json();

    public HeartbeatCommand(TextWriter output) : base("heartbeats", "Count what the members of a cluster tell each other and ask of the database when nothing happens.")
    {
        _output = output;
        Add(_members);
        Add(_seed);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        foreach (var size in parsed.GetValue(_members) is { } one ? [one] : DefaultSizes)
        {
            var result = HeartbeatRun.Of(size, parsed.GetValue(_seed) ?? 1);
            _output.WriteLine(parsed.GetValue(_json)
                ? JsonText.Line(result)
                : $"{result.Members} members: {result.MessagesPerMemberAndRound:0.0} messages a member and round, {result.BytesPerMemberAndSecond:0} bytes a member and second, {result.BatchesPerSecond:0.0} transactions and {result.CommandsPerSecond:0.0} commands a second in all; all up after {result.SecondsToJoin:0.0} s, a dead one down after {result.SecondsToDown:0.0} s");
        }

        return ExitCodes.Done;
    }
}
