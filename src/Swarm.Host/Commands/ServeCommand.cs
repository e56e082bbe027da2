using System.CommandLine;
using Swarm.Host.Configuration;
using Swarm.Host.Serve;

namespace Swarm.Host.Commands;

/// <summary><c>swarm serve</c>: the daemon. It runs until SIGTERM or SIGINT, and reads its configuration again at SIGHUP.</summary>
internal sealed class ServeCommand : Command, IDetailedHelp
{
    private readonly Shell _shell;
    private readonly CommonOptions _common;

    /// <summary>The verb, for the root.</summary>
    public ServeCommand(Shell shell, CommonOptions common) : base("serve", "Run the node as a service, until a signal ends it.")
    {
        _shell = shell;
        _common = common;
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public string Details =>
        $"""
        The configuration is that of --config, else {SwarmConfiguration.DefaultFile} if it is there; 'swarm config check' looks at the same one.
        SIGTERM and SIGINT end the node in good order within swarm.drain-timeout; a second one ends it at once.
        SIGHUP reads the configuration and the keys of 'swarm key' again: rate limits, the log and the drain's limit change at once; of other keys of the configuration the log says that they need a restart.
        Under systemd use Type=notify-reload or Type=notify; WatchdogSec= is fed while the node answers.
        Exit codes: 0 stopped in good order; 1 did not start, failed, or not everything could be recorded in time; 78 an error in the configuration.
        """;

    private Task<int> RunAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var file = _common.DaemonFileIn(parsed);
        var configuration = _common.ReadConfiguration(parsed, file);
        if (!configuration.Errors.IsEmpty) throw new WrongConfigurationException(configuration.Errors);
        return new ServeRun(_shell, configuration, () => _common.ReadConfiguration(parsed, file), parsed.GetValue(_common.Verbose)).RunAsync(interrupted);
    }
}
