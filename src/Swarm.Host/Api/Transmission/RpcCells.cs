using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace Swarm.Host.Api.Transmission;

/// <summary>Writes a field as a member of an object of its own, and takes the value out: how a cell of a table is made without writing every field twice.</summary>
internal sealed class RpcCells(ArrayBufferWriter<byte> buffer, bool isLegacy) : IDisposable
{
    private readonly RpcWriter _writer = new(PipeWriter.Create(Stream.Null), "torrent_get", isLegacy);

    /// <summary>The JSON of a field's value; good until the next is asked for.</summary>
    public ReadOnlySpan<byte> Cell(string field, RpcTorrent torrent)
    {
        buffer.ResetWrittenCount();
        _writer.Json.Reset(buffer);
        _writer.Json.WriteStartObject();
        RpcTorrentFields.Write(_writer, field, torrent);
        _writer.Json.WriteEndObject();
        _writer.Json.Flush();
        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        // Past the brace and the name, to where the value begins; it ends before the last brace.
        reader.Read();
        reader.Read();
        reader.Read();
        return buffer.WrittenSpan[(int)reader.TokenStartIndex..^1];
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
