using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// The way to one schema of a PostgreSQL database. Makes connections, each for one user at a time, and knows nothing of what lies there. No pool: who needs a connection keeps it.
/// <para>What holds on every connection it makes: names without a schema mean <see cref="PostgresSettings.Schema"/>; a commit returns when it is on the server's disk, also where the server's own default is
/// not to wait; waiting for a lock and a single statement end by themselves; and <b>a transaction in which we fall silent is rolled back by the server</b> after <see cref="PostgresSettings.CommandTimeout"/>, so
/// that a process that is frozen with locks in its hands does not keep others from taking over.</para>
/// <para>What can fail: everything, with <see cref="NpgsqlException"/>, <see cref="TimeoutException"/> or a socket's exception; <see cref="PostgresFailure"/> reads them.</para>
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable, IDisposable
{
    /// <summary>The oldest server that is known to do: the oldest that its makers still mend.</summary>
    public const int MinMajorVersion = 14;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresSettings _settings;

    private PostgresDatabase(NpgsqlDataSource source, PostgresSettings settings, string name)
    {
        _source = source;
        _settings = settings;
        Name = name;
    }

    /// <summary>What people call it: <c>swarm at db.example.net:5432</c>. Without a password.</summary>
    public string Name { get; }

    /// <summary>The schema.</summary>
    public string Schema => _settings.Schema;

    /// <summary>Reads where the database is; connects to nothing. Null: <paramref name="error"/> is one line for people.</summary>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The database that is returned owns the source.")]
    public static PostgresDatabase? Create(PostgresSettings settings, out string? error)
    {
        if (string.IsNullOrWhiteSpace(settings.Connection))
        {
            error = "No PostgreSQL database is named; set store.postgres.connection to Host=…;Database=…;Username=…;Password=… or to postgresql://…";
            return null;
        }

        if (PostgresConnectionText.Parse(settings.Connection, out var wrong) is not { } text)
        {
            error = $"The connection to PostgreSQL cannot be read: {wrong}.";
            return null;
        }

        error = null;
        text.Pooling = false;
        text.Timeout = Seconds(settings.ConnectTimeout);
        text.CommandTimeout = Seconds(settings.CommandTimeout);
        text.CancellationTimeout = 2_000;
        text.ApplicationName ??= "swarm";
        // Statements are few and come again and again; the ones that do are prepared by themselves.
        text.MaxAutoPrepare = Math.Max(text.MaxAutoPrepare, 64);
        text.AutoPrepareMinUsages = 2;
        text.IncludeErrorDetail = false;
        text.Enlist = false;
        return new PostgresDatabase(NpgsqlDataSource.Create(text), settings, NameOf(text));
    }

    /// <summary>A new connection with our settings, and the server's version as PostgreSQL numbers it (150004 for 15.4).</summary>
    /// <exception cref="NpgsqlException">It did not come about.</exception>
    public async Task<(NpgsqlConnection Connection, int ServerVersion)> OpenAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand(
                "SELECT set_config('search_path', $1, false), set_config('lock_timeout', $2, false), set_config('idle_in_transaction_session_timeout', $3, false), set_config('statement_timeout', $3, false), " +
                "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END, current_setting('server_version_num')::int", connection)
            {
                Parameters = { Text(_settings.Schema), Text(Milliseconds(_settings.LockTimeout)), Text(Milliseconds(_settings.CommandTimeout)) },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            return (connection, reader.GetInt32(5));
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static string Milliseconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private static string NameOf(NpgsqlConnectionStringBuilder text) =>
        $"{text.Database ?? text.Username ?? "the default one"} at {text.Host}" + (text.Host!.StartsWith('/') || text.Host.Contains(',') ? "" : $":{text.Port.ToString(CultureInfo.InvariantCulture)}");
}
