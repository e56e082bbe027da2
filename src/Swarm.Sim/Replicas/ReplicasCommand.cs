using System.CommandLine;
using Swarm.Protocol.Cluster;
using Swarm.Sim.Output;

namespace Swarm.Sim.Replicas;

/// <summary><c>swarm-sim replicas</c>: what replicas take from outside, how long a takeover lasts, and how much moves when a member comes.</summary>
internal sealed class ReplicasCommand : Command
{
    private const int Takeovers = 20;

    private readonly TextWriter _output;
    private readonly Option<int?> _seed = new("--seed") { HelpName = "N", Description = "What chance follows from. Default: 1.", CustomParser = result => SharedOptions.Number(result, int.MinValue, int.MaxValue) };
    private readonly Option<bool> _json = SharedOptions.Json();

    public ReplicasCommand(TextWriter output) : base("replicas", "Measure what replicas of a cluster take from outside, how long a takeover lasts and how much moves when a member comes.")
    {
        _output = output;
        Add(_seed);
        Add(_json);
        SetAction(Invoke);
    }

    private int Invoke(ParseResult parsed)
    {
        var seed = parsed.GetValue(_seed) ?? 1;
        var json = parsed.GetValue(_json);
        foreach (var speed in new[] { 1, 16 })
        {
            foreach (var replicas in new[] { 2, 3, 5 })
            {
                foreach (var fetchers in new[] { 0, 1 })
                {
                    var fetched = new FetchRun { Replicas = replicas, SeedMiBPerSecond = speed, Fetching = OutsideFetchSettings.Default with { FetchersPerPiece = fetchers } }.Of(seed);
                    _output.WriteLine(json ? JsonText.Line(fetched) : $"{replicas} replicas, {(fetchers == 0 ? "no cap" : "each piece once")}, a seed of {speed} MiB/s: {fetched.FromOutside:0.00} times the torrent from outside, complete after {fetched.Seconds:0.0} s");
                }
            }
        }

        foreach (var isFrozen in new[] { false, true })
        {
            var takeovers = Enumerable.Range(seed, Takeovers).Select(each => TakeoverRun.Of(each, isFrozen)).OrderBy(static each => each.SecondsToSeed).ToArray();
            foreach (var takeover in json ? takeovers : []) _output.WriteLine(JsonText.Line(takeover));
            if (!json) _output.WriteLine($"{Takeovers} takeovers from one that {(isFrozen ? "stood still" : "was killed")}: down after {takeovers.Min(static each => each.SecondsToDown):0.0} to {takeovers.Max(static each => each.SecondsToDown):0.0} s, served again after {takeovers[0].SecondsToSeed:0.0} to {takeovers[^1].SecondsToSeed:0.0} s, median {takeovers[Takeovers / 2].SecondsToSeed:0.0} s; {takeovers.Sum(static each => each.BytesFetched)} bytes fetched");
        }

        foreach (var storages in new[] { 3, 10, 30, 100 })
        {
            foreach (var (isJoin, zones) in new[] { (true, 1), (false, 1), (true, 3), (false, 3) })
            {
                var moved = MovementRun.Of(storages, isJoin, zones);
                _output.WriteLine(json ? JsonText.Line(moved) : $"{storages} storages in {zones} zones, one {(isJoin ? "comes" : "goes")}: {moved.Moved} of {MovementRun.Torrents * MovementRun.Replicas} replicas move, {moved.Ratio:0.00} times the least");
            }
        }

        return ExitCodes.Done;
    }
}
