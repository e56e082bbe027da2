using System.Collections.Concurrent;
using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// All links between nodes that run in one process in real time: each node opens one of <see cref="Make"/>, and a message is in its receiver's mailbox when it has been sent. Called from any thread.
/// <para>A message to an end point where nobody listens, or to or from one that is cut off, is lost.</para>
/// </summary>
public sealed class MemoryNodeLinks
{
    private readonly ConcurrentDictionary<string, Link> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _cut = new(StringComparer.Ordinal);

    /// <summary>A link for one node.</summary>
    public INodeLink Make() => new Link(this);

    /// <summary>Nothing passes to or from an end point, until <see cref="Mend"/>.</summary>
    public void Cut(string endPoint) => _cut[endPoint] = true;

    /// <summary>It passes again.</summary>
    public void Mend(string endPoint) => _cut.TryRemove(endPoint, out _);

    private sealed class Link(MemoryNodeLinks links) : INodeLink
    {
        private string? _endPoint;
        private IActorRef? _receiver;

        public void Open(string endPoint, IActorRef receiver)
        {
            _receiver = receiver;
            _endPoint = endPoint;
            if (links._open.TryAdd(endPoint, this)) receiver.Tell(new INodeLink.Opened(), ActorRefs.NoSender);
            else receiver.Tell(new INodeLink.OpenFailed($"somebody listens at {endPoint} already"), ActorRefs.NoSender);
        }

        public bool Send(string endPoint, ImmutableArray<byte> message)
        {
            if (_endPoint is null) return false;
            var isLost = message.Length > ClusterLimits.MaxMessageBytes || links._cut.ContainsKey(_endPoint) || links._cut.ContainsKey(endPoint);
            if (!isLost && links._open.TryGetValue(endPoint, out var to)) to._receiver?.Tell(new INodeLink.Received(message), ActorRefs.NoSender);
            return true;
        }

        public void Close()
        {
            if (_endPoint is not null) links._open.TryRemove(new KeyValuePair<string, Link>(_endPoint, this));
            _endPoint = null;
        }
    }
}
