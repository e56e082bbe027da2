using System.CommandLine;
using System.Text.Json.Nodes;
using Swarm.Host.Configuration;
using Swarm.Host.Output;
using Swarm.Io.Store.Migration;

namespace Swarm.Host.Commands;

/// <summary><c>swarm store migrate</c>: moves the durable state of the node that <c>swarm serve</c> would be with the same options from its data folder to PostgreSQL, or back.</summary>
internal sealed class StoreCommand : Command, IDetailedHelp
{
    private const string Postgres = "postgres";
    private const string Sqlite = "sqlite";

    // Torrents between two lines that say how far it is.
    private const int LineInterval = 10_000;

    private readonly Shell _shell;
    private readonly CommonOptions _common;
    private readonly Option<string> _to = new("--to") { HelpName = "KIND", Description = "postgres: from the data folder to the storage of store.postgres; sqlite: from there to the data folder.", Required = true };
    private readonly Option<bool> _merge = new("--merge") { Description = "Add to a store that holds torrents already; those it has stay as they are." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only look at both stores, and say what would be done." };
    private readonly Option<bool> _json = CommonOptions.JsonOption("Print one JSON object instead of text.");

    /// <summary>The verb, for the root.</summary>
    public StoreCommand(Shell shell, CommonOptions common) : base("store", "Move the node's state from one database to another.")
    {
        _shell = shell;
        _common = common;
        _to.AcceptOnlyFromAmong(Postgres, Sqlite);
        var migrate = new Command("migrate", "Copy every torrent, with its metainfo, options and progress, to the other database, and compare. The source stays as it is.") { _to, _merge, _dryRun, _json };
        migrate.SetAction(MigrateAsync);
        Add(migrate);
    }

    /// <inheritdoc/>
    public string Details =>
        """
        The node must be stopped. Run this as its user, with the same --config and --data as 'swarm serve', and with store.postgres.connection set (best as SWARM__STORE__POSTGRES__CONNECTION); then set store.kind.
        What is broken off goes on when it is run again. Paths of content are copied as they are: the storage must see the same files.
        With --json one object is printed: to, dryRun, torrents (at the source), targetTorrents (at the target before), copied, already (there from an earlier run), kept (the target's own), notes.
        """;

    private async Task<int> MigrateAsync(ParseResult parsed, CancellationToken interrupted)
    {
        var settings = SettingsIn(parsed);
        var (to, merge, dryRun, json) = (parsed.GetRequiredValue(_to), parsed.GetValue(_merge), parsed.GetValue(_dryRun), parsed.GetValue(_json));
        using var logs = Logs.Create(_shell.Error.WriteLine, settings.IsVerbose);
        var migration = new StoreMigration(settings.DataFolder, settings.Swarm.Io.Sqlite, settings.Swarm.Store.Postgres.ToStore(), TimeProvider.System, logs.CreateLogger("Swarm.Store"));
        var outcome = dryRun
            ? await migration.PreviewAsync(to == Postgres, merge, interrupted).ConfigureAwait(false)
            : await migration.RunAsync(to == Postgres, merge, json ? TellNobody : Tell, interrupted).ConfigureAwait(false);
        var report = outcome.Report ?? throw new SwarmException(outcome.Error!);
        if (json) _shell.Out.WriteLine(ObjectOf(report, to, dryRun).ToJsonString());
        else _shell.Out.WriteLine(dryRun ? Preview(report, to, merge) : Summary(report, to));
        return ExitCodes.Done;
    }

    // 10,000 torrents take seconds, so a line for each of them is neither silence nor a flood.
    private void Tell(int done, int all)
    {
        if (done / LineInterval != (done - 1) / LineInterval && done < all) _shell.Out.WriteLine($"{done} of {HumanText.Count(all, "torrent")}");
    }

    private static void TellNobody(int done, int all)
    {
        // Who reads JSON gets the report alone.
    }

    private static string Preview(StoreMigrationReport report, string to, bool merge) =>
        $"would copy {HumanText.Count(report.Torrents, "torrent")} to {to}, where there are {report.TargetTorrents}" + (merge && report.TargetTorrents > 0 ? ", which stay as they are" : "") + "; nothing was changed";

    private static string Summary(StoreMigrationReport report, string to) =>
        $"copied {HumanText.Count(report.Copied, "torrent")} and {HumanText.Count(report.Notes, "note")} to {to}, read back and compared"
        + (report.Already > 0 ? $"; {report.Already} were there from an earlier run" : "")
        + (report.Kept > 0 ? $"; {report.Kept} were there and stay as they are" : "")
        + $". Now set store.kind = {to}.";

    private static JsonObject ObjectOf(StoreMigrationReport report, string to, bool dryRun) => new()
    {
        ["to"] = to,
        ["dryRun"] = dryRun,
        ["torrents"] = report.Torrents,
        ["targetTorrents"] = report.TargetTorrents,
        ["copied"] = report.Copied,
        ["already"] = report.Already,
        ["kept"] = report.Kept,
        ["notes"] = report.Notes,
    };

    private CommonSettings SettingsIn(ParseResult parsed)
    {
        var configuration = _common.ReadConfiguration(parsed, _common.DaemonFileIn(parsed));
        if (!configuration.Errors.IsEmpty) throw new WrongConfigurationException(configuration.Errors);
        return new CommonSettings(configuration.Settings, parsed.GetValue(_common.Verbose));
    }
}
