using System.Collections.Immutable;
using System.Net;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Configuration;

/// <summary>Who must say who they are.</summary>
internal enum ApiAuthentication
{
    /// <summary>Everybody but who comes over loopback.</summary>
    BeyondLoopback,

    /// <summary>Everybody.</summary>
    Always,
}

/// <summary>What the holder of a key may do; each may what those before it may.</summary>
internal enum ApiScope
{
    /// <summary>Look.</summary>
    Viewer,

    /// <summary>Steer torrents.</summary>
    Operator,

    /// <summary>Everything: the node, its actors, its configuration.</summary>
    Admin,
}

/// <summary>Where the HTTP API listens, whom it answers and what it takes.</summary>
internal sealed record ApiSettings : IChecked
{
    /// <summary>Where to listen.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [new IPEndPoint(IPAddress.Loopback, 9110)];

    /// <summary>Who must say who they are.</summary>
    public ApiAuthentication Authentication { get; init; } = ApiAuthentication.BeyondLoopback;

    /// <summary>Keys that programs have.</summary>
    public ImmutableArray<ApiKeySettings> Keys { get; init; } = [];

    /// <summary>Names under which the API may be called besides addresses and localhost: a request for another host is refused, because a page of the web may have pointed its own name here.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of web pages, such as https://example.net, that may call the API from a browser, besides its own.</summary>
    public ImmutableArray<string> AllowedOrigins { get; init; } = [];

    /// <summary>A PEM file with the certificate and those above it; null: no TLS.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>A PEM file with the certificate's private key.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>Folders that content may lie below, absolute; the first is where it goes when nothing is said. Empty: "content" in the data folder.</summary>
    public ImmutableArray<string> ContentRoots { get; init; } = [];

    /// <summary>The longest body of a request; 64 KiB to 1 GiB.</summary>
    public long MaxBodyBytes { get; init => field = Setting.InRange(value, 64L << 10, 1L << 30); } = 96L << 20;

    /// <summary>Connections at a time, 1 to 100,000; one more is closed.</summary>
    public int ConnectionLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = HttpApiSettings.Default.ConnectionLimit;

    /// <summary>Streams of events at a time, 1 to 100,000; one more is refused.</summary>
    public int SubscriberLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = HttpApiSettings.Default.SubscriberLimit;

    /// <summary>The least time between two events to one subscriber, 0 s to 1 min; what happens meanwhile becomes one event.</summary>
    public TimeSpan EventGap { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(1)); } = HttpApiSettings.Default.EventGap;

    /// <summary>After so long without an event a subscriber is told that the stream is alive, 10 ms to 10 min.</summary>
    public TimeSpan HeartBeat { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)); } = HttpApiSettings.Default.HeartBeat;

    /// <summary>Lines of the log that are kept to be looked at, 16 to 1,000,000.</summary>
    public int LogLines { get; init => field = Setting.InRange(value, 16, 1_000_000); } = HttpApiSettings.Default.LogLines;

    /// <summary>The list of torrents that the API answers from.</summary>
    public CatalogueSettings Catalogue { get; init; } = CatalogueSettings.Default;

    /// <summary>How guessing keys is slowed down.</summary>
    public LoginBackOffSettings BackOff { get; init; } = LoginBackOffSettings.Default;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (TlsCertificateFile is null != TlsKeyFile is null) yield return (TlsCertificateFile is null ? nameof(TlsKeyFile) : nameof(TlsCertificateFile), "TLS needs both a certificate and its key");
        foreach (var twice in Keys.GroupBy(key => key.Name, StringComparer.Ordinal).Where(group => group.Count() > 1)) yield return (nameof(Keys), $"two keys have the name '{twice.Key}'");
        foreach (var root in ContentRoots.Where(root => !Path.IsPathRooted(root))) yield return (nameof(ContentRoots), $"'{root}' is no absolute path");
    }
}

/// <summary>A key of the API.</summary>
internal sealed record ApiKeySettings : IChecked
{
    private const int ShortestSecret = 16;

    /// <summary>Who has it, for logs.</summary>
    public string Name { get; init; } = "";

    /// <summary>The key itself, 16 characters or more.</summary>
    [Secret]
    public string Secret { get; init; } = "";

    /// <summary>What its holder may do.</summary>
    public ApiScope Scope { get; init; } = ApiScope.Viewer;

    /// <inheritdoc/>
    public IEnumerable<(string Member, string Problem)> Problems()
    {
        if (Name.Length == 0) yield return (nameof(Name), "a key needs a name");
        if (Secret.Length < ShortestSecret) yield return (nameof(Secret), $"a key needs a secret of {ShortestSecret} characters or more; 'openssl rand -hex 32' makes one");
    }
}
