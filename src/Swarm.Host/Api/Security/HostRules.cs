using System.Net;
using Microsoft.AspNetCore.Http;

namespace Swarm.Host.Api.Security;

/// <summary>
/// Which names the node answers to, and which pages of browsers may speak to it. A page that makes its own name mean this machine (DNS rebinding) is betrayed by the Host header: a name is
/// answered only if it is "localhost" or configured, while addresses cannot be rebound. A page of another site is betrayed by the Origin and Sec-Fetch-Site headers, which a browser does not let it
/// change: it may neither look nor post. Programs that are no browsers send neither header, and are not hindered.
/// </summary>
internal sealed class HostRules(IReadOnlyList<string> hosts, IReadOnlyList<string> origins)
{
    /// <summary>Why the request is not answered, with what to do; null where it is.</summary>
    public string? Refusal(HttpRequest request)
    {
        var host = request.Host;
        if (!host.HasValue || !IsOurs(host.Host)) return $"This node does not answer to the name '{Shown(host.Value)}'. Use its address, or add the name to swarm.api.allowed-hosts.";
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0) return IsOurs(request, origin) ? null : $"Pages of '{Shown(origin)}' may not use this node. Add that origin to swarm.api.allowed-origins if they are yours.";
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none" ? null : "Pages of other sites may not use this node. Add their origin to swarm.api.allowed-origins if they are yours.";
    }

    private static bool IsOrigin(string origin, string scheme, HostString host) => string.Equals(origin, $"{scheme}://{host.Value}", StringComparison.OrdinalIgnoreCase);

    private static string Shown(string? text) => text is null ? "" : Protocol.Metainfo.TorrentText.Clean(text.Length > 100 ? text[..100] : text);

    private bool IsOurs(string name)
    {
        var bare = name.TrimEnd('.');
        if (bare.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(bare.Trim('[', ']'), out _)) return true;
        return hosts.Contains(bare, StringComparer.OrdinalIgnoreCase);
    }

    private bool IsOurs(HttpRequest request, string origin) =>
        IsOrigin(origin, request.Scheme, request.Host) || origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
}
