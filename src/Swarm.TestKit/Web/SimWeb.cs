using System.Collections.Immutable;
using System.Net;

namespace Swarm.TestKit.Web;

/// <summary>
/// The web of a simulated world: names with addresses, and scripted servers behind hosts. Every node sees it through a <see cref="SimHttp"/> and a <see cref="SimDns"/>. Servers are functions; what
/// happens on the way to them is the settings' and the seed's.
/// </summary>
public sealed class SimWeb(Simulation simulation, Random random, SimWebSettings settings)
{
    private readonly SortedDictionary<string, ImmutableArray<IPAddress>> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, Func<WebGet, WebReply>> _servers = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedSet<string> _down = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>May be replaced at any time.</summary>
    public SimWebSettings Settings { get; set; } = settings;

    internal Simulation Simulation { get; } = simulation;

    internal Random Random { get; } = random;

    /// <summary>Gives a name addresses, in the resolver's order; none takes it away.</summary>
    public void Name(string host, params ImmutableArray<IPAddress> addresses)
    {
        if (addresses.IsEmpty) _names.Remove(host);
        else _names[host] = addresses;
    }

    /// <summary>Puts a server at a host, "tracker.sim" for both default ports or "tracker.sim:8080" for that one, whatever scheme it is asked by. Its name must have addresses to be reached.</summary>
    public void Serve(string authority, Func<WebGet, WebReply> server) => _servers[authority] = server;

    /// <summary>Nobody listens at a host any more, or somebody does again.</summary>
    public void SetDown(string authority, bool isDown)
    {
        if (isDown) _down.Add(authority);
        else _down.Remove(authority);
    }

    /// <summary>The addresses of a name or of an address literal; empty if there are none.</summary>
    internal ImmutableArray<IPAddress> Resolve(string host)
    {
        var bare = host is ['[', .., ']'] ? host[1..^1] : host;
        if (IPAddress.TryParse(bare, out var literal)) return [literal];
        return _names.GetValueOrDefault(host, []);
    }

    internal Func<WebGet, WebReply>? ServerOf(Uri url)
    {
        var authority = url.IsDefaultPort ? url.Host : $"{url.Host}:{url.Port}";
        return _down.Contains(authority) ? null : _servers.GetValueOrDefault(authority);
    }

    internal bool Happens(double probability) => probability > 0 && Random.NextDouble() < probability;
}
