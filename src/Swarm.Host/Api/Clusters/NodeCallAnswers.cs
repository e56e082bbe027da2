using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Torrents;
using Swarm.Host.Cluster;

namespace Swarm.Host.Api.Clusters;

/// <summary>Answers what other nodes ask this one for people. Only of torrents that this node itself has: a question is never passed on, so none goes in circles.</summary>
internal sealed class NodeCallAnswers(ApiServices api)
{
    private readonly TorrentCloseUps _closeUps = new(api);

    /// <summary>Begins to answer.</summary>
    public void Register(INodeCalls calls)
    {
        Answer(calls, NodeCall.Torrent, (torrent, _) => _closeUps.ViewAsync(torrent), ApiJson.Default.TorrentView);
        Answer(calls, NodeCall.Files, (torrent, _) => _closeUps.FilesAsync(torrent), ApiJson.Default.FileList);
        Answer(calls, NodeCall.Peers, (torrent, _) => _closeUps.PeersAsync(torrent), ApiJson.Default.PeerList);
        Answer(calls, NodeCall.Trackers, (torrent, _) => _closeUps.TrackersAsync(torrent), ApiJson.Default.TrackerList);
        Answer(calls, NodeCall.Pieces, (torrent, _) => _closeUps.PiecesAsync(torrent), ApiJson.Default.PieceMap);
        Answer(calls, NodeCall.Explain, _closeUps.ExplainAsync, ApiJson.Default.Explained);
        Answer(calls, NodeCall.Recheck, (torrent, _) => RunAsync(new TorrentsActor.Recheck(torrent)), ApiJson.Default.CommandReport);
        Answer(calls, NodeCall.Reannounce, (torrent, _) => RunAsync(new TorrentsActor.Reannounce(torrent)), ApiJson.Default.CommandReport);
    }

    private async Task<CommandReport?> RunAsync(TorrentsActor.ITorrentCommand command)
    {
        var refusal = await api.Node.CommandAsync(command).ConfigureAwait(false);
        return new CommandReport([new CommandResult(command.Torrent.ToString(), refusal is null, refusal)]);
    }

    private void Answer<T>(INodeCalls calls, NodeCall call, Func<InfoHash, CancellationToken, Task<T?>> ask, JsonTypeInfo<T> type)
        where T : class => calls.Handle((int)call, async (_, body, cancellation) =>
    {
        if (TorrentOf(body) is not { } torrent) return NodeAnswer.Of(NodeAnswerStatus.Unknown);
        if (api.Catalogue.Find(torrent) is not { IsHere: true }) return NodeAnswer.Of(NodeAnswerStatus.NotFound);
        try
        {
            var answer = await ask(torrent, cancellation).ConfigureAwait(false);
            return answer is null ? NodeAnswer.Of(NodeAnswerStatus.NotFound) : new NodeAnswer(NodeAnswerStatus.Done, JsonSerializer.SerializeToUtf8Bytes(answer, type));
        }
        catch (SwarmException)
        {
            return NodeAnswer.Of(NodeAnswerStatus.Failed);
        }
    });

    private static InfoHash? TorrentOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, ApiJson.Default.NodeQuestion) is { } question && Bytes20.TryParseHex(question.Hash, out var hash) ? new InfoHash(hash) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
