using System.Net;
using Swarm.Actors.Ports;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Fakes;

/// <summary>A network in which only what the test says is reachable.</summary>
internal sealed class FakeTcp(Simulation sim, SlabLedger slabs) : ITcp
{
    private readonly List<IActorRef> _listeners = [];

    /// <summary>Who answers at an address, given the link.</summary>
    public Dictionary<IPEndPoint, Action<FakeLink>> Reachable { get; } = [];

    public HashSet<IPEndPoint> Occupied { get; } = [];

    /// <summary>Addresses that bring a bug to light in whoever dials them.</summary>
    public HashSet<IPEndPoint> Faulty { get; } = [];

    public List<IPEndPoint> Dialed { get; } = [];

    public List<FakeLink> Links { get; } = [];

    /// <summary>Dials that are left without an answer.</summary>
    public bool IsSilent { get; set; }

    public List<(long Dial, IActorRef ReplyTo)> Unanswered { get; } = [];

    public int Stops { get; private set; }

    public int OpenLinks => Links.Count(link => !link.IsClosed);

    public void Listen(IPEndPoint local, IActorRef owner)
    {
        if (Occupied.Contains(local))
        {
            owner.Tell(new ITcp.ListenFailed(local, $"{local} is taken"), ActorRefs.NoSender);
            return;
        }

        _listeners.Add(owner);
        owner.Tell(new ITcp.Listening(local, new IPEndPoint(local.Address, local.Port == 0 ? 6881 : local.Port)), ActorRefs.NoSender);
    }

    public void StopListening(IActorRef owner)
    {
        Stops++;
        _listeners.Remove(owner);
    }

    public void Connect(long dial, IPEndPoint remote, IPAddress? bind, TimeSpan timeout, IActorRef replyTo)
    {
        Dialed.Add(remote);
        if (Faulty.Contains(remote)) throw new Boom("dialling");
        if (IsSilent)
        {
            Unanswered.Add((dial, replyTo));
            return;
        }

        sim.Schedule(FakeLink.Latency, () =>
        {
            if (!Reachable.TryGetValue(remote, out var other))
            {
                replyTo.Tell(new ITcp.ConnectFailed(dial, remote, "nobody is there"), ActorRefs.NoSender);
                return;
            }

            var link = NewLink(remote);
            other(link);
            replyTo.Tell(new ITcp.Connected(dial, link), ActorRefs.NoSender);
        });
    }

    public FakeLink NewLink(IPEndPoint remote)
    {
        var link = new FakeLink(sim, slabs, remote);
        Links.Add(link);
        return link;
    }

    /// <summary>Somebody connects to the node.</summary>
    public FakeLink Accept(string remote)
    {
        var link = NewLink(IPEndPoint.Parse(remote));
        _listeners[0].Tell(new ITcp.Accepted(link), ActorRefs.NoSender);
        return link;
    }
}
