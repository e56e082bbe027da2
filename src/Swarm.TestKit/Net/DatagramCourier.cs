using System.Net;
using System.Runtime.InteropServices;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Net;

/// <summary>
/// Carries datagrams, and does to them what their way does: waits for both links, delays, loses, doubles, holds back, spoils or drops what is too long. They keep their order but for those held back. Each is an
/// event of its own. A translator at the far end decides when the datagram comes there, so two that send to each other at once open the way for each other.
/// </summary>
internal sealed class DatagramCourier(SimNetwork network)
{
    private const int LongestDatagram = 65_507;
    private static readonly long NotWorthAnEvent = TimeSpan.FromMilliseconds(1).Ticks;

    /// <summary>Copies and sends. False: it was dropped before it left, for want of room or because no datagram is that long.</summary>
    public bool Send(SimHost from, IPEndPoint local, IPEndPoint remote, ReadOnlySpan<byte> bytes)
    {
        network.Counters.Datagrams++;
        if (bytes.Length > LongestDatagram || !TryLeave(from, bytes.Length, remote, out var leftAt))
        {
            Drop(from);
            return false;
        }

        var route = network.Leave(NatProtocol.Udp, from, local, remote);
        var path = route is null ? null : network.Path(from, route.To);
        if (path is null || bytes.Length > path.Rule.MaxDatagramBytes || path.IsDead || network.Happens(path.Loss))
        {
            Drop(from);
            return true;
        }

        network.Note(NetEvent.Datagram, from, path.To, bytes.Length);
        var copy = bytes.ToArray();
        if (copy.Length > 0 && network.Happens(path.Rule.Corruption)) Spoil(copy);
        var datagram = new Datagram(route!.Seen, ImmutableCollectionsMarshal.AsImmutableArray(copy));
        Carry(path, route, datagram, leftAt);
        if (!network.Happens(path.Rule.Duplication)) return true;
        network.Counters.DatagramsDuplicated++;
        Carry(path, route, datagram, leftAt);
        return true;
    }

    /// <summary>Counts one that cannot be sent at all.</summary>
    public bool Refuse(SimHost from)
    {
        network.Counters.Datagrams++;
        Drop(from);
        return false;
    }

    private bool TryLeave(SimHost from, int bytes, IPEndPoint remote, out long leftAt)
    {
        leftAt = network.Now;
        return IPAddress.IsLoopback(remote.Address) || from.Owns(remote.Address) || from.Up.TryPass(bytes, network.Settings.DatagramQueueBytes, out leftAt);
    }

    private void Carry(SimPath path, Route route, Datagram datagram, long leftAt)
    {
        var at = path.PassAt(leftAt, datagram.Bytes.Length) + network.LatencyWithJitter(path);
        if (network.Happens(path.Rule.Reordering)) at += network.Random.NextInt64(path.Rule.ReorderDelay.Ticks + 1);
        else at = path.InOrder(at);
        network.Simulation.Schedule(new TimeSpan(at - network.Now), () => Arrive(path, route, datagram));
    }

    private void Spoil(byte[] bytes)
    {
        network.Counters.DatagramsCorrupted++;
        bytes[network.Random.Next(bytes.Length)] ^= (byte)(1 << network.Random.Next(8));
    }

    private void Arrive(SimPath path, Route route, Datagram datagram)
    {
        if (network.Enter(NatProtocol.Udp, route) is not var (host, local) || !host.IsUp)
        {
            Drop(path.From);
            return;
        }

        var at = network.Now;
        if (host != path.From && !host.Down.TryPass(datagram.Bytes.Length, network.Settings.DatagramQueueBytes, out at)) Drop(path.From);
        else if (at - network.Now <= NotWorthAnEvent) Deliver(path, host, local, datagram);
        else network.Simulation.Schedule(new TimeSpan(at - network.Now), () => Deliver(path, host, local, datagram));
    }

    private void Deliver(SimPath path, SimHost host, IPEndPoint local, Datagram datagram)
    {
        if (!host.UdpPorts.TryFind(local, out var port))
        {
            Drop(path.From);
            return;
        }

        network.Counters.DatagramsDelivered++;
        network.Note(NetEvent.DatagramArrived, path.From, host, datagram.Bytes.Length);
        port.Received(datagram);
    }

    private void Drop(SimHost from)
    {
        network.Counters.DatagramsDropped++;
        network.Note(NetEvent.DatagramDropped, from, from, 0);
    }
}
