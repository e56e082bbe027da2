using System.Collections.Immutable;
using Swarm.Actors.Net;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Node;

/// <summary>
/// Gives back what undelivered messages hold: slabs, datagrams and links in mailboxes of actors that have stopped. Child of the node, subscribed to dead letters.
/// Every message type that carries such a thing is named here.
/// </summary>
public sealed class LeftoversActor : UntypedActor
{
    private LeftoversActor()
    {
    }

    /// <summary>A collector of what is left over.</summary>
    public static Props Props() => ActorProps.Create(() => new LeftoversActor());

    /// <inheritdoc/>
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is not DeadLetter letter) return;
        switch (letter.Message)
        {
            case IPeerLink.Received received: received.Data.Release(); break;
            case IUdp.Received received: received.Batch.Release(); break;
            case IDisk.BlockRead read: read.Data.Release(); break;
            case PiecesActor.BlocksReceived blocks: Release(blocks.Blocks); break;
            case ITcp.Accepted accepted: accepted.Link.Close(); break;
            case ITcp.Connected connected: connected.Link.Close(); break;
            case NetActor.Dialed dialed: dialed.Link.Close(); break;
            case TorrentsActor.Incoming incoming: incoming.Link.Close(); break;
            case TorrentActor.Incoming incoming: incoming.Link.Close(); break;
        }
    }

    private static void Release(ImmutableArray<BlockWrite> blocks)
    {
        foreach (var block in blocks)
        {
            block.First.Release();
            block.Second.Release();
        }
    }
}
