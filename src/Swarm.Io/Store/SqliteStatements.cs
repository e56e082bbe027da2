using Microsoft.Data.Sqlite;

namespace Swarm.Io.Store;

/// <summary>
/// Statements of SQLite as the store runs them: text, parameters by name, and what comes back. Plain commands and readers on purpose: a mapper that makes its code at run time costs every start more than the
/// whole store takes to open.
/// <para>A parameter that is null is NULL. Numbers are SQLite's own, 64 bits; one that is NULL or not there is 0. Rows are read as they are asked for, inside the transaction, and a reader that is left early is closed.</para>
/// </summary>
internal static class SqliteStatements
{
    /// <summary>Runs one statement or several.</summary>
    /// <exception cref="SqliteException">The database refused.</exception>
    public static void Execute(this SqliteConnection connection, string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, transaction, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row, a number.</summary>
    /// <exception cref="SqliteException">The database refused.</exception>
    public static long Number(this SqliteConnection connection, string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, transaction, parameters);
        return command.ExecuteScalar() is long number ? number : 0;
    }

    /// <summary>The first column of the first row as text, whatever SQLite has there; null if it is NULL or not there.</summary>
    /// <exception cref="SqliteException">The database refused.</exception>
    public static string? Text(this SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql, transaction: null, []);
        using var reader = command.ExecuteReader();
        return reader.Read() ? reader.TextOrNull(0) : null;
    }

    /// <summary>Every row, made of the reader that stands on it.</summary>
    /// <exception cref="SqliteException">The database refused; at the first row, or at any.</exception>
    public static IEnumerable<T> Rows<T>(this SqliteConnection connection, string sql, SqliteTransaction? transaction, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Read(Command(connection, sql, transaction, parameters), read);

    /// <summary>A column's text; null if it is NULL.</summary>
    public static string? TextOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>A column's number; null if it is NULL.</summary>
    public static long? NumberOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>A column's bytes; null if it is NULL.</summary>
    public static byte[]? BytesOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    private static SqliteCommand Command(SqliteConnection connection, string sql, SqliteTransaction? transaction, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        // One that is made by the connection is in its transaction, if there is one.
        var command = connection.CreateCommand();
        command.CommandText = sql;
        if (transaction is not null) command.Transaction = transaction;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private static IEnumerable<T> Read<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using (command)
        {
            using var reader = command.ExecuteReader();
            while (reader.Read()) yield return read(reader);
        }
    }
}
