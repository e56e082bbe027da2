using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Swarm.Io.Store;

/// <summary>
/// The way from a folder to a <see cref="StoreSession"/>: makes the folder, looks at what lies there before changing any of it, brings the schema up to date and enters this
/// process among the owners. Everything that can be wrong with a data folder is found here and told as one line.
/// </summary>
internal static class StoreOpening
{
    /// <summary>The database's name in the data folder.</summary>
    public const string DatabaseName = "swarm.db";

    /// <summary>The name of the folder with the owners' locks.</summary>
    public const string OwnersName = "owners";

    /// <summary>Opens. Null: <paramref name="error"/> says why.</summary>
    public static StoreSession? Open(string folder, SqliteStoreSettings settings, ILogger logger, out string? error)
    {
        if (File.Exists(folder))
        {
            error = $"The data folder {folder} is a file, not a folder.";
            return null;
        }

        try
        {
            MakeFolder(folder);
            return OpenDatabase(folder, settings, logger, out error);
        }
        catch (SqliteException e)
        {
            error = StoreFailure.Of(e, Path.Combine(folder, DatabaseName)).Reason;
        }
        catch (UnauthorizedAccessException)
        {
            error = $"The data folder {folder} cannot be written; check its permissions, or use another data folder.";
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            error = $"The data folder {folder} cannot be used: {e.Message.ReplaceLineEndings(" ")}";
        }

        return null;
    }

    /// <summary>Makes a data folder. Metainfo of private torrents holds passkeys, so a new one is the user's alone; one that is there keeps the permissions it has.</summary>
    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static StoreSession? OpenDatabase(string folder, SqliteStoreSettings settings, ILogger logger, out string? error)
    {
        var path = Path.Combine(folder, DatabaseName);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            ForeignKeys = true,
            // The library's own retries (in seconds) come after SQLite's busy handler, which is the one that waits.
            DefaultTimeout = 1,
        }.ToString());
        StoreSession? session = null;
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA busy_timeout = {(long)settings.BusyTimeout.TotalMilliseconds}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
            error = Refusal(connection) is { } refusal ? $"The store {path} cannot be used: {refusal}." : null;
            error ??= Damage(connection, path, settings) ?? Configure(connection, path, settings);
            if (error is null) session = Enter(connection, folder, settings, logger);
            return session;
        }
        finally
        {
            if (session is null) connection.Dispose();
        }
    }

    // Several looks at one state of the file: another process may just be making it.
    private static string? Refusal(SqliteConnection connection)
    {
        using var look = connection.BeginTransaction(deferred: true);
        return StoreSchema.Refusal(connection, StoreSchema.Steps.Length);
    }

    private static string? Damage(SqliteConnection connection, string path, SqliteStoreSettings settings)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length > settings.QuickCheckBytes) return null;
        var verdict = connection.Text("PRAGMA quick_check(1)");
        return string.Equals(verdict, "ok", StringComparison.Ordinal)
            ? null
            : $"The store {path} is damaged ({verdict?.ReplaceLineEndings(" ")}); restore a copy of it, or move it away to start empty.";
    }

    private static string? Configure(SqliteConnection connection, string path, SqliteStoreSettings settings)
    {
        var mode = connection.Text("PRAGMA journal_mode = WAL");
        if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
        {
            return $"The store {path} cannot keep a write-ahead log (its mode stays '{mode}'); use a folder on a local disk.";
        }

        // FULL: in this mode a commit returns when the log has been forced to the disk, so what was told as committed survives power loss.
        connection.Execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
        var pageSize = connection.Number("PRAGMA page_size");
        connection.Execute($"PRAGMA max_page_count = {Math.Clamp(settings.MaxDatabaseBytes / pageSize, 1, int.MaxValue)}");
        return null;
    }

    private static StoreSession Enter(SqliteConnection connection, string folder, SqliteStoreSettings settings, ILogger logger)
    {
        using var transaction = connection.BeginTransaction();
        // Another process may have made or upgraded the file since it was looked at; inside this transaction nobody can.
        if (StoreSchema.Refusal(connection, StoreSchema.Steps.Length) is { } refusal) throw new IOException(refusal);
        StoreSchema.Migrate(connection, transaction, StoreSchema.Steps);
        var owners = OwnerLocks.Create(Path.Combine(folder, OwnersName));
        try
        {
            var session = new StoreSession(connection, owners, settings, logger);
            session.Enter(transaction);
            transaction.Commit();
            return session;
        }
        catch
        {
            owners.Dispose();
            throw;
        }
    }
}
