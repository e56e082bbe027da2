using System.CommandLine;
using System.CommandLine.Invocation;
using Swarm.Sim.Crowd;
using Swarm.Sim.Dht;
using Swarm.Sim.Heartbeats;
using Swarm.Sim.Playing;
using Swarm.Sim.Replicas;
using Swarm.Sim.Sweeping;

namespace Swarm.Sim;

/// <summary>The command line as a whole: one run by itself, or a verb, and what becomes of errors. A promise that is broken is an answer on standard output; what the user did wrong is a line on standard error.</summary>
internal static class CommandLine
{
    private const string About =
        """
        Plays simulated swarms: whole Swarm nodes in virtual time, over a simulated network and simulated disks, again and again from a seed.

        Each seed is played twice, and the two runs must be the same. A failure says which promise was broken, and the line that plays it again.
        Exit codes: 0 all promises held; 1 one was broken; 2 wrong usage; 70 a bug in swarm-sim.
        """;

    /// <summary>Runs one command to its end; the result is the process's exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new PlayCommand(About, output, error) { new SweepCommand(output), new CrowdCommand(output), new DhtCommand(output), new HeartbeatCommand(output), new ReplicasCommand(output) };
        // "@file" is a word like any other.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var wrong in parsed.Errors) error.WriteLine($"swarm-sim: {wrong.Message}");
            error.WriteLine("swarm-sim: 'swarm-sim --help' explains the usage");
            return ExitCodes.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (IOException e)
        {
            error.WriteLine($"swarm-sim: {e.Message}");
            return ExitCodes.Usage;
        }
        catch (UnauthorizedAccessException e)
        {
            error.WriteLine($"swarm-sim: {e.Message}");
            return ExitCodes.Usage;
        }
        catch (Exception e)
        {
            error.WriteLine($"swarm-sim: internal error: {e}");
            return ExitCodes.Internal;
        }
    }
}
