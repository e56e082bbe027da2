using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Http;

/// <summary>The limits of an <see cref="HttpPort"/>, and where it speaks from.</summary>
public sealed record HttpPortSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static HttpPortSettings Default { get; } = new();

    /// <summary>Exchanges under way at one time.</summary>
    public int Concurrency { get; init => field = Setting.InRange(value, 1, 4096); } = 32;

    /// <summary>Requests that may wait for their turn; one more fails at once.</summary>
    public int QueueLimit { get; init => field = Setting.InRange(value, 0, 1_000_000); } = 4096;

    /// <summary>The longest time-out a request may ask for; a longer one is cut to this.</summary>
    public TimeSpan MaxTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromMinutes(10);

    /// <summary>How long one address of a host may take to connect before the next is tried.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)); } = TimeSpan.FromSeconds(10);

    /// <summary>Addresses of one host that are tried.</summary>
    public int AddressLimit { get; init => field = Setting.InRange(value, 1, 64); } = 4;

    /// <summary>Redirects that are followed for one request.</summary>
    public int RedirectLimit { get; init => field = Setting.InRange(value, 0, 50); } = 5;

    /// <summary>Kibibytes that a reply's headers may take.</summary>
    public int HeaderKibibytes { get; init => field = Setting.InRange(value, 1, 1024); } = 32;

    /// <summary>What requests name as their program.</summary>
    public string UserAgent { get; init; } = "Swarm/0.1";

    /// <summary>The address that IPv4 connections are made from, or null.</summary>
    public IPAddress? BindIPv4 { get; init => field = OfFamily(value, AddressFamily.InterNetwork); }

    /// <summary>The address that IPv6 connections are made from, or null. Where only the other family has one, this family is not used: who binds to an interface wants nothing to go around it.</summary>
    public IPAddress? BindIPv6 { get; init => field = OfFamily(value, AddressFamily.InterNetworkV6); }

    /// <summary>Which addresses may be connected to.</summary>
    public ReachPolicy Reach { get; init; } = ReachPolicy.Everywhere;

    /// <summary>Which addresses are this machine's own or its network's. Replaced in tests only.</summary>
    internal Func<IPAddress, bool> IsPrivate { get; init; } = PrivateNetwork.Contains;

    /// <summary>Looks host names up. Replaced in tests only.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = System.Net.Dns.GetHostAddressesAsync;

    /// <summary>Whether connections of a family may be made at all.</summary>
    internal bool Allows(AddressFamily family) =>
        (BindIPv4 is null && BindIPv6 is null) || BindFor(family) is not null;

    /// <summary>The address that connections of a family are made from, or null.</summary>
    internal IPAddress? BindFor(AddressFamily family) => family == AddressFamily.InterNetwork ? BindIPv4 : BindIPv6;

    private static IPAddress? OfFamily(IPAddress? address, AddressFamily family) =>
        address is null || address.AddressFamily == family ? address : throw new ArgumentException($"{address} is not an address of {family}.", nameof(address));
}
