using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Dht.Security;

/// <summary>
/// Finds out our own address as the world sees it from what nodes say ("ip", BEP 42). One voice a network, the latest counts, for a while; an address is believed when it has
/// <see cref="DhtSecuritySettings.LeastVotes"/> and more than half of all voices, and then stays until another has. Who asks must give only answers to our own queries, for anyone can send anything else.
/// Owned by the DHT of one family. Bounded by <see cref="DhtSecuritySettings.RememberedVotes"/>: the oldest voice is forgotten. Times are TimeSpan ticks of a monotonic clock.
/// </summary>
public sealed class ExternalAddressVoter(DhtSecuritySettings settings)
{
    // The latest voice last.
    private readonly List<Vote> _votes = [];

    /// <summary>Our address, port 0, or null as long as too few agree.</summary>
    public UdpAddress? Current { get; private set; }

    /// <summary>Voices that count at the moment.</summary>
    public int Count => _votes.Count;

    /// <summary>Claims that were no public address.</summary>
    public long Refused { get; private set; }

    /// <summary>A node says what our address is. True if <see cref="Current"/> changed: our id may have to follow (<see cref="SecureNodeId"/>).</summary>
    public bool Add(UdpAddress voter, UdpAddress claim, long nowTicks)
    {
        if (!AddressFilter.IsPublic(claim) || claim.Family != voter.Family)
        {
            Refused++;
            return false;
        }

        var network = NetworkOf.Narrow(voter);
        _votes.RemoveAll(vote => vote.Network == network || nowTicks - vote.At >= settings.VoteLifetime.Ticks);
        if (_votes.Count == settings.RememberedVotes) _votes.RemoveAt(0);
        var host = NetworkOf.Host(claim);
        _votes.Add(new Vote(network, host, nowTicks));
        if (host == Current) return false;
        var agreeing = _votes.Count(vote => vote.Claim == host);
        if (agreeing < settings.LeastVotes || agreeing * 2 <= _votes.Count) return false;
        Current = host;
        return true;
    }

    private readonly record struct Vote(UdpAddress Network, UdpAddress Claim, long At);
}
