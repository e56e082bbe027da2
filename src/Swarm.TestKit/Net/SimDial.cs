using System.Net;
using Swarm.TestKit.Disk;
using Swarm.TestKit.Memory;

namespace Swarm.TestKit.Net;

/// <summary>
/// A connection on its way. A knock takes the latency, and is repeated after 1, 2, 4 ... seconds when it is lost, until the dialer's time is out; a host that runs answers it: with a refusal, or, where somebody listens, with
/// a connection, of which the dialer learns first and the listener one latency later. Ends exactly once; a crash of the dialer's host ends it without a word.
/// </summary>
internal sealed class SimDial
{
    private readonly SimHost _from;
    private readonly SimNetwork _network;
    private readonly IPEndPoint _remote;
    private readonly TimeSpan _timeout;
    private readonly SlabLedger _slabs;
    private readonly IBlockReader? _blocks;
    private readonly Action<SimEnd> _connected;
    private readonly Action<string> _failed;
    private readonly long _deadline;
    private readonly ITimer _timer;
    private IPEndPoint? _local;
    private Route? _route;
    private Action _next = () => { };
    private long _knockAgainAfter = TimeSpan.TicksPerSecond;

    private SimDial(SimHost from, IPEndPoint remote, TimeSpan timeout, SlabLedger slabs, IBlockReader? blocks, Action<SimEnd> connected, Action<string> failed)
    {
        _from = from;
        _network = from.Network;
        _remote = remote;
        _timeout = timeout;
        _slabs = slabs;
        _blocks = blocks;
        _connected = connected;
        _failed = failed;
        _deadline = _network.Now + timeout.Ticks;
        _timer = _network.CreateTimer(static dial => ((SimDial)dial!)._next(), this);
    }

    /// <summary>Opens a connection; exactly one of <paramref name="connected"/> and <paramref name="failed"/> is called later, unless the host crashes.</summary>
    public static void Begin(
        SimHost from, IPEndPoint remote, IPAddress? bind, TimeSpan timeout, SlabLedger slabs, IBlockReader? blocks, Action<SimEnd> connected, Action<string> failed)
    {
        var dial = new SimDial(from, remote, timeout, slabs, blocks, connected, failed);
        from.Dials.Add(dial);
        from.Network.Counters.Dials++;
        dial.Begin(bind);
    }

    /// <summary>The dialer's host crashed.</summary>
    public void Abandon()
    {
        _timer.Dispose();
        ReleaseNames();
    }

    private void Begin(IPAddress? bind)
    {
        var address = bind ?? (IPAddress.IsLoopback(_remote.Address) ? _remote.Address : _from.AddressOf(_remote.AddressFamily));
        if (address is null || address.AddressFamily != _remote.AddressFamily)
        {
            FailAfter(0, NetReasons.NoFamily(_remote));
            return;
        }

        if (!_from.Owns(address) || _from.TakePort() is not { } port)
        {
            FailAfter(0, NetReasons.NoSuchBind(_remote));
            return;
        }

        _local = new IPEndPoint(address, port);
        _route = _network.Leave(NatProtocol.Tcp, _from, _local, _remote);
        _network.Note(NetEvent.Dial, _from, _route?.To ?? _from, port);
        if (_route is null || _network.Happens(_network.Settings.DialLossChance)) At(long.MaxValue, Knock);
        else Knock();
    }

    private void Knock()
    {
        var path = _network.Path(_from, _route!.To);
        if (path.IsDead || _network.Happens(path.Loss)) KnockAgain();
        else At(_network.Now + _network.LatencyWithJitter(path), Arrive);
    }

    private void KnockAgain()
    {
        At(_network.Now + _knockAgainAfter, Knock);
        _knockAgainAfter *= 2;
    }

    private void Arrive()
    {
        var entered = _network.Enter(NatProtocol.Tcp, _route!);
        if (entered is null)
        {
            if (_route!.Nat!.Settings.RefusesUnasked) FailAfter(_network.Latency(_network.Path(_route.To, _from)), NetReasons.Refused(_remote));
            else KnockAgain();
            return;
        }

        var (host, local) = entered.Value;
        var back = _network.Path(host, _from);
        if (!host.IsUp || back.IsDead)
        {
            KnockAgain();
            return;
        }

        var answer = _network.LatencyWithJitter(back);
        if (!host.Listeners.TryFind(local, out var listener) || _network.Happens(_network.Settings.RefuseChance)) FailAfter(answer, NetReasons.Refused(_remote));
        else At(_network.Now + answer, () => Connect(host, local, listener));
    }

    private void Connect(SimHost host, IPEndPoint local, SimListener listener)
    {
        if (!host.IsUp)
        {
            KnockAgain();
            return;
        }

        End();
        var dialer = new SimEnd(_from, _local!, _remote, _slabs, _blocks);
        var accepted = new SimEnd(host, local, _route!.Seen, listener.Slabs, listener.Blocks);
        _network.Connect(dialer, accepted, ReleaseNames);
        _connected(dialer);
        _network.Simulation.Schedule(new TimeSpan(_network.Latency(_network.Path(_from, host))), () => Accept(accepted));
    }

    private void Accept(SimEnd end)
    {
        var settings = _network.Settings;
        if (!end.IsOpen) return;
        if (!end.Host.Listeners.TryFind(end.Local, out var listener) || _network.Happens(settings.AcceptFailChance)) end.Reset();
        else if (_network.Happens(settings.HalfOpenChance)) end.User = new Nobody(end);
        else listener.Accept(end);
        if (end.In.HasEnd) end.User?.OnReadable();
    }

    private void FailAfter(long ticks, string reason) => At(_network.Now + ticks, () => Fail(reason));

    private void Fail(string reason)
    {
        End();
        ReleaseNames();
        _network.Counters.DialsFailed++;
        _network.Note(NetEvent.DialFailed, _from, _route?.To ?? _from, 0);
        _failed(reason);
    }

    private void At(long at, Action next)
    {
        _next = at < _deadline ? next : () => Fail(NetReasons.NoAnswer(_remote, _timeout));
        _network.Arm(_timer, Math.Min(at, _deadline));
    }

    private void End()
    {
        _timer.Dispose();
        _from.Dials.Remove(this);
    }

    private void ReleaseNames()
    {
        if (_local is null) return;
        _from.FreePort(_local.Port);
        if (_from.Nat is { } nat && _route is { } route && route.Seen.Address.Equals(nat.PublicAddress)) nat.Table.Release(NatProtocol.Tcp, route.Seen.Port);
    }
}
