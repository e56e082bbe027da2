using System.Text.RegularExpressions;

namespace Swarm.Io.Store.Postgres;

/// <summary>Where a PostgreSQL database is, and how long its answers may take.</summary>
public sealed partial record PostgresSettings
{
    /// <summary>The way to the database: <c>Host=db;Database=swarm;Username=swarm;Password=…</c> or <c>postgresql://swarm:…@db/swarm</c>. Holds a password: never logged, never shown.</summary>
    public required string Connection { get; init; }

    /// <summary>The schema that holds the tables; made if it is not there. Lower-case letters, digits and underscores, up to 63, not beginning with a digit or <c>pg_</c>.</summary>
    public string Schema
    {
        get;
        init => field = SchemaProblem(value) is { } problem ? throw new ArgumentException(problem, nameof(Schema)) : value;
    } = "swarm";

    /// <summary>How long a connection may take to come about.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>How long one round trip may take, and how long the database waits for our next word in a transaction before it rolls it back and lets go of its locks.</summary>
    public TimeSpan CommandTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(15);

    /// <summary>How long the database waits for rows that another transaction has locked.</summary>
    public TimeSpan LockTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(5);

    /// <summary>Why a text names no database that could be connected to, as a clause that does not repeat it; null: it does.</summary>
    public static string? ConnectionProblem(string connection) => PostgresConnectionText.Parse(connection, out var problem) is null ? problem : null;

    /// <summary>Why a text cannot be a schema's name, as a clause; null: it can.</summary>
    public static string? SchemaProblem(string schema) =>
        SchemaName().IsMatch(schema) ? null : $"'{schema}' cannot be a schema: lower-case letters, digits and underscores, up to 63, and neither a digit nor pg_ first";

    /// <summary>All but the way to the database, which holds a password.</summary>
    public override string ToString() => $"{nameof(PostgresSettings)} {{ {nameof(Schema)} = {Schema} }}";

    [GeneratedRegex("^(?!pg_)[a-z_][a-z0-9_]{0,62}$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex SchemaName();
}
