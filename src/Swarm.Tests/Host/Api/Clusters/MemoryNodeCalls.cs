using System.Collections.Concurrent;
using Swarm.Host.Cluster;

namespace Swarm.Tests.Host.Api.Clusters;

/// <summary>Calls between nodes of one process. A node may be cut off, or hang: then it never answers. Counts what was asked.</summary>
internal sealed class MemoryNodeCalls
{
    private readonly ConcurrentDictionary<(string EndPoint, int Call), NodeCallHandler> _handlers = new();
    private readonly ConcurrentDictionary<string, bool> _hanging = new();
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public INodeCalls For(string endPoint) => new Node(this, endPoint);

    public void Hang(string endPoint) => _hanging[endPoint] = true;

    public void Cut(string endPoint)
    {
        foreach (var key in _handlers.Keys.Where(key => key.EndPoint == endPoint)) _handlers.TryRemove(key, out _);
    }

    private sealed class Node(MemoryNodeCalls all, string endPoint) : INodeCalls
    {
        public void Handle(int call, NodeCallHandler handler) => all._handlers.TryAdd((endPoint, call), handler).ShouldBeTrue($"call {call} has a handler");

        public async Task<NodeAnswer> CallAsync(string to, int call, ReadOnlyMemory<byte> body, CancellationToken cancellation)
        {
            Interlocked.Increment(ref all._calls);
            if (all._hanging.ContainsKey(to)) await Task.Delay(Timeout.Infinite, cancellation);
            return all._handlers.TryGetValue((to, call), out var handler) ? await handler(endPoint, body, cancellation) : NodeAnswer.Of(NodeAnswerStatus.Unreachable);
        }
    }
}
