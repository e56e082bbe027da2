using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Swarm.Io.Store.Postgres;

/// <summary>Parameters of a statement, by their position. Every one says its type, so that a statement is the same one each time and can stay prepared.</summary>
internal static class Sql
{
    /// <summary>A statement of a batch.</summary>
    public static NpgsqlBatchCommand Command(string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Of(Guid value) => new NpgsqlParameter<Guid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter Of(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Of(InfoHash torrent) => Of(torrent.Value.ToArray());

    public static NpgsqlParameter Of(byte[]? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Of(ImmutableArray<byte> value) => Of(ImmutableCollectionsMarshal.AsArray(value) ?? []);

    public static NpgsqlParameter Of(byte[][] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Bytea | NpgsqlDbType.Array };

    /// <summary>A text as its UTF-8 bytes: a text of PostgreSQL holds no NUL.</summary>
    public static NpgsqlParameter Utf8(string? value) => Of(value is null ? null : Encoding.UTF8.GetBytes(value));

    /// <summary>A text that was written as its bytes, or null.</summary>
    public static string? Utf8(NpgsqlDataReader reader, int column) => Bytes(reader, column) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Bytes, or null.</summary>
    public static byte[]? Bytes(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
}
