using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Swarm.Api.Contracts;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Endpoints;

/// <summary>The node's DHT.</summary>
internal sealed class DhtEndpoints(ApiServices api)
{
    private const int MaxPeers = 1_000;

    /// <summary>Declares them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        var dht = routes.MapGroup("/dht").WithTags("dht");
        dht.MapGet("", Show).Is("getDht", "The routing table, a line for each address family.", Scope.Viewer, 502);
        dht.MapGet("/peers/{hash}", LookUp).Is("lookUpPeers", "Asks the DHT for peers of a hash.", Scope.Operator, 502);
    }

    private static ApiException Failed(SwarmException e) => ApiException.BadGateway($"The DHT does not answer: {e.Message}.");

    private async Task<DhtView> Show(CancellationToken cancellation)
    {
        try
        {
            var families = await api.Node.DhtAsync(cancellation).ConfigureAwait(false);
            return new DhtView([.. families.Select(family => new DhtFamilyView(
                family.Family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4", family.Id.ToString(), family.Nodes, family.Buckets.Sum(bucket => bucket.Nodes), family.Buckets.Length,
                family.External?.Address.ToString() ?? family.Local?.ToString() ?? ""))]);
        }
        catch (SwarmException e)
        {
            throw Failed(e);
        }
    }

    private async Task<DhtLookup> LookUp(string hash, [FromQuery] int? limit, CancellationToken cancellation)
    {
        var most = limit ?? MaxPeers;
        if (most is < 1 or > MaxPeers) throw ApiException.BadRequest(string.Create(CultureInfo.InvariantCulture, $"'limit' is 1 to {MaxPeers}."));
        if (!Bytes20.TryParseHex(hash, out var torrent)) throw ApiException.BadRequest("A hash of 40 hexadecimal digits is expected.");
        try
        {
            var (peers, more) = await api.Node.LookUpAsync(new InfoHash(torrent), most, cancellation).ConfigureAwait(false);
            return new DhtLookup(hash, [.. peers.Select(peer => new DhtPeer(peer.ToString()))], more);
        }
        catch (SwarmException e)
        {
            throw Failed(e);
        }
    }
}
