using System.Net;

namespace Swarm.TestKit.Net;

/// <summary>
/// Who has which port of a host. A port is taken for one address or for all of a family (the "any" address); the same port may be taken once for IPv4 and once for IPv6, and by different addresses. Dynamic ports
/// go round, so that one that was just given back is not given out at once.
/// </summary>
internal sealed class PortTable<T>
{
    private const int FirstDynamic = 49_152;
    private const int LastDynamic = 65_535;

    private readonly List<(IPEndPoint Local, T Holder)> _taken = [];
    private int _nextDynamic = FirstDynamic;

    /// <summary>Takes a port (0: any that is free). Answers where, or null: it is in use.</summary>
    public IPEndPoint? TryBind(IPEndPoint local, T holder)
    {
        var bound = local.Port == 0 ? Dynamic(local.Address) : local;
        if (bound is null || !IsFree(bound)) return null;
        _taken.Add((bound, holder));
        return bound;
    }

    /// <summary>Who gets what comes to an address and port.</summary>
    public bool TryFind(IPEndPoint local, out T holder)
    {
        foreach (var (taken, candidate) in _taken)
        {
            if (!Covers(taken, local)) continue;
            holder = candidate;
            return true;
        }

        holder = default!;
        return false;
    }

    /// <summary>Gives ports back.</summary>
    public void Remove(Func<T, bool> chosen) => _taken.RemoveAll(entry => chosen(entry.Holder));

    /// <summary>Gives all ports back.</summary>
    public void Clear() => _taken.Clear();

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool Covers(IPEndPoint taken, IPEndPoint local) =>
        taken.Port == local.Port && taken.AddressFamily == local.AddressFamily && (IsAny(taken.Address) || taken.Address.Equals(local.Address));

    private bool IsFree(IPEndPoint local) => _taken.TrueForAll(entry => !Covers(entry.Local, local) && !Covers(local, entry.Local));

    private IPEndPoint? Dynamic(IPAddress address)
    {
        for (var tries = FirstDynamic; tries <= LastDynamic; tries++)
        {
            var candidate = new IPEndPoint(address, _nextDynamic);
            _nextDynamic = _nextDynamic == LastDynamic ? FirstDynamic : _nextDynamic + 1;
            if (IsFree(candidate)) return candidate;
        }

        return null;
    }
}
