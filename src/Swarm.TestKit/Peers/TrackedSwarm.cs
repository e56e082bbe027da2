using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Trackers;

namespace Swarm.TestKit.Peers;

/// <summary>One torrent as a tracker keeps it: who is there, who has everything, how often it was completed. Pure; time is handed in.</summary>
internal sealed class TrackedSwarm
{
    private readonly Dictionary<IPEndPoint, Member> _byAddress = [];
    private readonly List<Member> _members = [];

    /// <summary>How often a client said that it has completed the torrent.</summary>
    public int Completed { get; private set; }

    /// <summary>Members with everything.</summary>
    public int Seeders => _members.Count(member => member.IsSeed);

    /// <summary>The others.</summary>
    public int Leechers => _members.Count - Seeders;

    /// <summary>Where the members listen, in the order of their coming.</summary>
    public IEnumerable<IPEndPoint> Members => _members.Select(member => member.Address);

    /// <summary>The members, and when each announced last.</summary>
    public IEnumerable<(IPEndPoint Address, TimeSpan At)> Seen => _members.Select(member => (member.Address, member.SeenAt));

    /// <summary>Takes an announce down.</summary>
    public void Announce(IPEndPoint address, long left, AnnounceEvent @event, TimeSpan now)
    {
        if (@event == AnnounceEvent.Stopped)
        {
            if (_byAddress.Remove(address, out var gone)) _members.Remove(gone);
            return;
        }

        if (@event == AnnounceEvent.Completed) Completed++;
        if (!_byAddress.TryGetValue(address, out var member))
        {
            member = new Member(address);
            _byAddress.Add(address, member);
            _members.Add(member);
        }

        member.IsSeed = left == 0;
        member.SeenAt = now;
    }

    /// <summary>Forgets who was not heard of for so long.</summary>
    public void Expire(TimeSpan now, TimeSpan lifetime)
    {
        _members.RemoveAll(member => now - member.SeenAt > lifetime && _byAddress.Remove(member.Address));
    }

    /// <summary>At most so many others of a family, chosen evenly.</summary>
    public ImmutableArray<IPEndPoint> Pick(IPEndPoint asker, AddressFamily family, int count, Random random)
    {
        var others = _members.Select(member => member.Address).Where(address => address.AddressFamily == family && !address.Equals(asker)).ToArray();
        if (others.Length > count) random.Shuffle(others);
        return [.. others.Take(count)];
    }

    private sealed class Member(IPEndPoint address)
    {
        public IPEndPoint Address => address;

        public bool IsSeed { get; set; }

        public TimeSpan SeenAt { get; set; }
    }
}
