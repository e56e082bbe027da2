using Npgsql;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// Reads what people write to name a PostgreSQL database: Npgsql's <c>Key=Value;…</c>, or the URI that every other tool of PostgreSQL takes (<c>postgresql://user:password@host:port/database?sslmode=require</c>).
/// Pure. What it says of a text that is wrong never repeats it: it may hold a password.
/// </summary>
internal static class PostgresConnectionText
{
    /// <summary>Null: <paramref name="error"/> says what is wrong, as a clause.</summary>
    public static NpgsqlConnectionStringBuilder? Parse(string text, out string? error)
    {
        error = null;
        try
        {
            var builder = IsUri(text) ? OfUri(text) : new NpgsqlConnectionStringBuilder(text);
            if (builder is null) error = "it begins like a URI but is none; write postgresql://user:password@host:port/database, with special characters of the password as %XX";
            else if (string.IsNullOrEmpty(builder.Host)) error = "it names no host; write Host=… or postgresql://…";
            else return builder;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The parameter's name is the key, which is no secret; the message may repeat the value.
            error = e is ArgumentException { ParamName: { Length: > 0 } key }
                ? $"'{key}' is no key of a connection, or its value is wrong"
                : "it is not of the form Key=Value;Key=Value";
        }

        return null;
    }

    private static bool IsUri(string text) => text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase);

    private static NpgsqlConnectionStringBuilder? OfUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) return null;
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.IdnHost.Trim('[', ']') };
        if (uri.Port > 0) builder.Port = uri.Port;
        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database) builder.Database = Uri.UnescapeDataString(database);
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            // libpq writes application_name where Npgsql writes Application Name.
            builder[Uri.UnescapeDataString(parts[0]).Replace('_', ' ')] = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
        }

        return builder;
    }
}
