using Swarm.Actors.Torrents;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Host.Api.Transmission;

/// <summary>"torrent_get": fields of torrents, as objects or as a table. The node is asked closely only for fields that need it, some torrents at a time.</summary>
internal sealed class RpcTorrentGet(ApiServices api, RpcSelection selection)
{
    private const int MaxFields = 200;

    /// <summary>Finds out what is asked; the answer is written later.</summary>
    /// <exception cref="RpcException">It makes no sense.</exception>
    public WriteAnswer Prepare(RpcArguments arguments)
    {
        var names = arguments.Texts("fields") ?? throw new RpcException(RpcException.InvalidParameters, "'fields' is missing: an array of the fields to tell");
        if (names.Count > MaxFields) throw new RpcException(RpcException.InvalidParameters, $"{names.Count} fields are more than there are");
        var fields = names.Select(name => arguments.IsLegacy ? RpcNames.ToSnake(name) : name).Distinct().Where(RpcTorrentFields.Exists).ToList();
        var isTable = arguments.Text("format") switch
        {
            null or "objects" => false,
            "table" => true,
            _ => throw new RpcException(RpcException.InvalidParameters, "'format' must be \"objects\" or \"table\""),
        };
        var (torrents, removed) = selection.Of(arguments);
        return (writer, cancellation) => WriteAsync(new Answer(writer, fields, isTable, arguments.IsLegacy), torrents, removed, cancellation);
    }

    private async Task WriteAsync(Answer answer, List<CatalogueEntry> torrents, List<int>? removed, CancellationToken cancellation)
    {
        var writer = answer.Writer;
        if (removed is not null)
        {
            writer.StartArray("removed");
            foreach (var id in removed) writer.Json.WriteNumberValue(id);
            writer.Json.WriteEndArray();
        }

        writer.StartArray("torrents");
        if (answer.IsTable) answer.WriteHead();
        foreach (var some in torrents.Chunk(api.Settings.BulkConcurrency))
        {
            var details = await Task.WhenAll(some.Select(entry => DetailsAsync(entry, answer.Fields))).ConfigureAwait(false);
            for (var i = 0; i < some.Length; i++) answer.Write(new RpcTorrent(some[i], details[i]));
            await writer.BreatheAsync(cancellation).ConfigureAwait(false);
        }

        writer.Json.WriteEndArray();
    }

    // Null: not needed, or the node could not say; in the middle of an answer there is no other way to say so.
    private async Task<TorrentDetails?> DetailsAsync(CatalogueEntry entry, List<string> fields)
    {
        if (!fields.Exists(field => RpcTorrentFields.NeedsDetails(field, entry.Row))) return null;
        try
        {
            return await api.Node.DetailsAsync(entry.Row.Torrent).ConfigureAwait(false);
        }
        catch (SwarmException)
        {
            return null;
        }
    }

    private sealed record Answer(RpcWriter Writer, List<string> Fields, bool IsTable, bool IsLegacy)
    {
        // The first row of a table names its columns.
        public void WriteHead()
        {
            Writer.Json.WriteStartArray();
            foreach (var field in Fields) Writer.Json.WriteStringValue(IsLegacy ? RpcNames.ToLegacy("torrent_get", field) : field);
            Writer.Json.WriteEndArray();
        }

        public void Write(RpcTorrent torrent)
        {
            if (!IsTable)
            {
                Writer.Json.WriteStartObject();
                foreach (var field in Fields) RpcTorrentFields.Write(Writer, field, torrent);
                Writer.Json.WriteEndObject();
                return;
            }

            // A field writes a member; a cell of a table has no name.
            var cells = new System.Buffers.ArrayBufferWriter<byte>();
            using var cellWriter = new RpcCells(cells, IsLegacy);
            Writer.Json.WriteStartArray();
            foreach (var field in Fields) Writer.Json.WriteRawValue(cellWriter.Cell(field, torrent), skipInputValidation: true);
            Writer.Json.WriteEndArray();
        }
    }
}
