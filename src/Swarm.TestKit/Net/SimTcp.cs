using System.Net;
using Swarm.Actors.Ports;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>TCP for the actors of one simulated process. When its host crashes it falls silent for ever.</summary>
internal sealed class SimTcp(SimHost host, SlabLedger slabs, IBlockReader blocks) : ITcp
{
    private readonly int _life = host.Life;
    private int _places;

    private bool IsDead => !host.IsUp || host.Life != _life;

    private int MaxLinks => host.Network.Settings.MaxLinks;

    /// <inheritdoc/>
    public void Listen(IPEndPoint local, IActorRef owner)
    {
        if (IsDead) return;
        if (!host.Owns(local.Address))
        {
            owner.Tell(new ITcp.ListenFailed(local, NetReasons.NotThisMachine("listen on", local)), ActorRefs.NoSender);
            return;
        }

        if (host.Listeners.TryBind(local, new SimListener(owner, slabs, blocks, end => Accept(end, owner))) is { } bound) owner.Tell(new ITcp.Listening(local, bound), ActorRefs.NoSender);
        else owner.Tell(new ITcp.ListenFailed(local, NetReasons.PortInUse("listen on", local)), ActorRefs.NoSender);
    }

    /// <inheritdoc/>
    public void StopListening(IActorRef owner)
    {
        if (!IsDead) host.Listeners.Remove(listener => owner.Equals(listener.Owner));
    }

    /// <inheritdoc/>
    public void Connect(long dial, IPEndPoint remote, IPAddress? bind, TimeSpan timeout, IActorRef replyTo)
    {
        if (IsDead) return;
        if (_places >= MaxLinks)
        {
            host.Network.Counters.LinksRefused++;
            replyTo.Tell(new ITcp.ConnectFailed(dial, remote, NetReasons.TooManyLinks(remote, MaxLinks)), ActorRefs.NoSender);
            return;
        }

        _places++;
        SimDial.Begin(host, remote, bind, timeout, slabs, blocks, Connected, Failed);

        void Connected(SimEnd end) => replyTo.Tell(new ITcp.Connected(dial, new SimLink(end, this)), ActorRefs.NoSender);

        void Failed(string reason)
        {
            _places--;
            replyTo.Tell(new ITcp.ConnectFailed(dial, remote, reason), ActorRefs.NoSender);
        }
    }

    /// <summary>A link gives its place back.</summary>
    public void OnLinkClosed() => _places--;

    private void Accept(SimEnd end, IActorRef owner)
    {
        if (_places >= MaxLinks)
        {
            host.Network.Counters.LinksRefused++;
            end.Close();
            return;
        }

        _places++;
        owner.Tell(new ITcp.Accepted(new SimLink(end, this)), ActorRefs.NoSender);
    }
}

/// <summary>Who accepts connections at a port: an actor, or a script (no owner).</summary>
internal sealed record SimListener(IActorRef? Owner, SlabLedger Slabs, IBlockReader? Blocks, Action<SimEnd> Accept);
