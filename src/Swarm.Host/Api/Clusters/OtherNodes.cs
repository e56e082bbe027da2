using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>Asks another node for what only it knows: the first that answers of those that run a torrent, complete ones first, each for a bounded time.</summary>
internal sealed class OtherNodes(ApiCluster cluster)
{
    /// <summary>How long one node is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // More would make somebody wait for a minute.
    private const int MaxTries = 3;

    /// <summary>What a node says that runs the torrent.</summary>
    /// <exception cref="ApiException">None runs it, or none that does answers.</exception>
    public async Task<T> AskAsync<T>(CatalogueEntry entry, NodeCall call, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var nodes = Nodes(entry).Take(MaxTries).ToArray();
        if (nodes.Length == 0) throw Unavailable($"No node runs the torrent '{entry.Row.Torrent}' now, so nobody knows this of it.");
        var body = JsonSerializer.SerializeToUtf8Bytes(new NodeQuestion(entry.Row.Torrent.ToString()), ApiJson.Default.NodeQuestion);
        var said = new List<string>(nodes.Length);
        foreach (var node in nodes)
        {
            var answer = await CallAsync(node, call, body, cancellation).ConfigureAwait(false);
            if (answer.Status == NodeAnswerStatus.Done && Read(answer.Body, type) is { } read) return read;
            said.Add($"{node} {Said(answer.Status)}");
        }

        throw Unavailable($"The torrent '{entry.Row.Torrent}' runs at other nodes: {string.Join(", ", said)}. Ask again soon, or ask that node itself.");
    }

    private IEnumerable<string> Nodes(CatalogueEntry entry) => (entry.Placement?.Nodes ?? []).Where(node => node != cluster.Facts.EndPoint);

    private async Task<NodeAnswer> CallAsync(string node, NodeCall call, byte[] body, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await cluster.Calls.CallAsync(node, (int)call, body, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return NodeAnswer.Of(NodeAnswerStatus.Unreachable);
        }
    }

    // What another version of the program wrote.
    private static T? Read<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Said(NodeAnswerStatus status) => status switch
    {
        NodeAnswerStatus.NotFound => "does not have it any more",
        NodeAnswerStatus.Unknown => "is of another version and does not know the question",
        NodeAnswerStatus.Busy => "has too much to do",
        NodeAnswerStatus.Done => "gave an answer that cannot be read",
        NodeAnswerStatus.Failed => "failed on it, or is starting or ending",
        _ => "does not answer",
    };

    private static ApiException Unavailable(string detail) => new(503, "Another node does not answer", detail) { RetryAfter = TimeSpan.FromSeconds(5) };
}
