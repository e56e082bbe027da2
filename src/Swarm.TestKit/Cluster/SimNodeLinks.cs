using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Chance;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Cluster;

/// <summary>How messages between nodes travel. Probabilities are 0 to 1.</summary>
public sealed record SimNodeLinkSettings
{
    /// <summary>Links that keep what they are given, more or less in order.</summary>
    public static SimNodeLinkSettings Default { get; } = new();

    /// <summary>How long a message is on its way; where it is not always the same, messages overtake each other.</summary>
    public Latency Latency { get; init; } = Latency.Milliseconds(0.2, 5);

    /// <summary>How often a message is lost.</summary>
    public double Loss { get; init => field = Setting.InRange(value, 0.0, 1.0); }

    /// <summary>How often it arrives twice.</summary>
    public double Duplication { get; init => field = Setting.InRange(value, 0.0, 1.0); }
}

/// <summary>
/// All links between the nodes of a cluster, in virtual time: each process opens one at an end point (<see cref="For"/>), and messages go from one to another unless they are lost, or the network cuts the two hosts off from each other.
/// </summary>
public sealed class SimNodeLinks(Simulation simulation, Random random, SimNetwork network, SimNodeLinkSettings settings)
{
    private readonly SortedDictionary<string, Link> _open = new(StringComparer.Ordinal);

    /// <summary>How messages travel; may be replaced at any time.</summary>
    public SimNodeLinkSettings Settings { get; set; } = settings;

    /// <summary>Messages that were given to links, and their bytes.</summary>
    public (long Messages, long Bytes) Sent { get; private set; }

    /// <summary>A link for the process that runs on a host.</summary>
    public INodeLink For(SimHost host) => new Link(this, host);

    private void Send(Link from, string endPoint, ImmutableArray<byte> message)
    {
        Sent = (Sent.Messages + 1, Sent.Bytes + message.Length);
        // A newer version's message is seen by an older program as it is; nothing else is changed on the way.
        if (message.Length > ClusterLimits.MaxMessageBytes || Happens(Settings.Loss)) return;
        var times = Happens(Settings.Duplication) ? 2 : 1;
        for (var i = 0; i < times; i++)
        {
            simulation.Schedule(Settings.Latency.Draw(random), () =>
            {
                if (_open.TryGetValue(endPoint, out var to) && !network.IsCut(from.Host, to.Host)) to.Receive(message);
            });
        }
    }

    private bool Happens(double share) => share > 0 && random.NextDouble() < share;

    private sealed class Link(SimNodeLinks links, SimHost host) : INodeLink
    {
        private IActorRef? _receiver;
        private string? _endPoint;

        public SimHost Host => host;

        public void Open(string endPoint, IActorRef receiver)
        {
            _receiver = receiver;
            _endPoint = endPoint;
            links._open[endPoint] = this;
            links.Soon(() => receiver.Tell(new INodeLink.Opened(), ActorRefs.NoSender));
        }

        public bool Send(string endPoint, ImmutableArray<byte> message)
        {
            if (_endPoint is null) return false;
            links.Send(this, endPoint, message);
            return true;
        }

        public void Close()
        {
            if (_endPoint is not null && links._open.TryGetValue(_endPoint, out var own) && own == this) links._open.Remove(_endPoint);
            _endPoint = null;
        }

        public void Receive(ImmutableArray<byte> message) => _receiver?.Tell(new INodeLink.Received(message), ActorRefs.NoSender);
    }

    private void Soon(Action action) => simulation.Schedule(TimeSpan.Zero, action);
}
