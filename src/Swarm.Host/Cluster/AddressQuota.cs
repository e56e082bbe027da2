using System.Net;

namespace Swarm.Host.Cluster;

/// <summary>How many of something each address has now, up to a limit; any thread. Addresses that have none are not kept.</summary>
internal sealed class AddressQuota(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _taken = [];

    /// <summary>False: the address has as many as it may.</summary>
    public bool TryTake(IPAddress address)
    {
        lock (_gate)
        {
            var count = _taken.GetValueOrDefault(address);
            if (count >= limit) return false;
            _taken[address] = count + 1;
            return true;
        }
    }

    /// <summary>It has one less.</summary>
    public void Return(IPAddress address)
    {
        lock (_gate)
        {
            if (--_taken[address] == 0) _taken.Remove(address);
        }
    }
}
