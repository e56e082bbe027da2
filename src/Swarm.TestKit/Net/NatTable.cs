using System.Net;

namespace Swarm.TestKit.Net;

/// <summary>The protocols that a translator tells apart.</summary>
internal enum NatProtocol
{
    Tcp,
    Udp,
}

/// <summary>
/// The mappings of a translator: which local endpoint has which port outside, and who may send to it (RFC 3489's kinds, RFC 4787's rules). A mapping of datagrams lives for a time after the last one out,
/// and ends when it is looked at later than that; one of a connection lives until it is released. When the table is full, what needs a new mapping gets none.
/// </summary>
internal sealed class NatTable(NatKind kind, NatSettings settings)
{
    private const int FirstPort = 1024;
    private const int LastPort = 65_535;

    private readonly Dictionary<(NatProtocol Protocol, IPEndPoint Local, IPEndPoint? Remote), Mapping> _byLocal = [];
    private readonly Dictionary<(NatProtocol Protocol, int Port), Mapping> _byPort = [];
    private readonly Dictionary<int, IPEndPoint> _forwards = [];
    private int _nextPort = 20_000;

    /// <summary>Mappings there are, those included that have run out and were not looked at since.</summary>
    public int Count => _byPort.Count;

    /// <summary>A way in for both protocols that no time ends.</summary>
    public void Forward(int port, IPEndPoint local) => _forwards[port] = local;

    /// <summary>The port outside from which a local endpoint sends to a remote one. Null: the table is full.</summary>
    public int? MapOut(NatProtocol protocol, IPEndPoint local, IPEndPoint remote, long now)
    {
        var key = (protocol, local, kind == NatKind.Symmetric ? remote : null);
        if (_byLocal.TryGetValue(key, out var mapping) && mapping.EndsAt <= now)
        {
            Remove(mapping);
            mapping = null;
        }

        if (mapping is null && TakePort(protocol, now) is { } port)
        {
            mapping = new Mapping(protocol, local, key.Item3, port);
            _byLocal.Add(key, mapping);
            _byPort.Add((protocol, port), mapping);
        }

        if (mapping is null || !mapping.TryAllow(remote, now, settings.MaxMappings)) return null;
        mapping.EndsAt = protocol == NatProtocol.Tcp ? long.MaxValue : now + settings.MappingTimeout.Ticks;
        mapping.Contacted[remote] = mapping.EndsAt;
        return mapping.Port;
    }

    /// <summary>The local endpoint that gets what a remote one sends to a port outside. Null: nobody.</summary>
    public IPEndPoint? MapIn(NatProtocol protocol, int port, IPEndPoint remote, long now)
    {
        if (_forwards.TryGetValue(port, out var forwarded)) return forwarded;
        if (!_byPort.TryGetValue((protocol, port), out var mapping)) return null;
        if (mapping.EndsAt > now) return mapping.Admits(kind, remote, now) ? mapping.Local : null;
        Remove(mapping);
        return null;
    }

    /// <summary>A connection is over.</summary>
    public void Release(NatProtocol protocol, int port)
    {
        if (_byPort.TryGetValue((protocol, port), out var mapping)) Remove(mapping);
    }

    private int? TakePort(NatProtocol protocol, long now)
    {
        if (_byPort.Count >= settings.MaxMappings)
        {
            foreach (var old in _byPort.Values.Where(mapping => mapping.EndsAt <= now).ToList()) Remove(old);
            if (_byPort.Count >= settings.MaxMappings) return null;
        }

        // There are more ports than mappings allowed, so one is free.
        while (true)
        {
            var port = _nextPort;
            _nextPort = _nextPort == LastPort ? FirstPort : _nextPort + 1;
            if (!_byPort.ContainsKey((protocol, port)) && !_forwards.ContainsKey(port)) return port;
        }
    }

    private void Remove(Mapping mapping)
    {
        _byLocal.Remove((mapping.Protocol, mapping.Local, mapping.Remote));
        _byPort.Remove((mapping.Protocol, mapping.Port));
    }

    private sealed class Mapping(NatProtocol protocol, IPEndPoint local, IPEndPoint? remote, int port)
    {
        public NatProtocol Protocol { get; } = protocol;

        public IPEndPoint Local { get; } = local;

        public IPEndPoint? Remote { get; } = remote;

        public int Port { get; } = port;

        public long EndsAt { get; set; }

        /// <summary>Who was sent to, and until when each may answer.</summary>
        public Dictionary<IPEndPoint, long> Contacted { get; } = [];

        public bool TryAllow(IPEndPoint other, long now, int limit)
        {
            if (Contacted.ContainsKey(other) || Contacted.Count < limit) return true;
            foreach (var old in Contacted.Where(entry => entry.Value <= now).ToList()) Contacted.Remove(old.Key);
            return Contacted.Count < limit;
        }

        public bool Admits(NatKind kind, IPEndPoint other, long now) => kind switch
        {
            NatKind.FullCone => true,
            NatKind.RestrictedCone => Contacted.Any(entry => entry.Value > now && entry.Key.Address.Equals(other.Address)),
            _ => Contacted.TryGetValue(other, out var endsAt) && endsAt > now,
        };
    }
}
