using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Automation;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Security;
using Swarm.Io.Http;

namespace Swarm.Host.Api;

/// <summary>How the node's HTTP API is offered: the section <c>swarm.api</c> of the configuration, read once.</summary>
internal sealed record HttpApiSettings
{
    /// <summary>The port unless somebody says otherwise.</summary>
    public const int DefaultPort = 9110;

    /// <summary>What is used unless somebody says otherwise: this machine alone.</summary>
    public static HttpApiSettings Default { get; } = new();

    /// <summary>Where to listen.</summary>
    public ImmutableArray<IPEndPoint> Listen { get; init; } = [new IPEndPoint(IPAddress.Loopback, DefaultPort)];

    /// <summary>Names the node answers to, besides "localhost" and addresses.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Origins whose pages may use the node, besides its own, such as "https://torrents.example".</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>Whether programs on this machine need no key. Not for a node behind a proxy on the same machine that does not say for whom it asks.</summary>
    public bool TrustLoopback { get; init; } = true;

    /// <summary>Keys from the configuration, besides those the node made.</summary>
    public ImmutableArray<ApiKey> Keys { get; init; } = [];

    /// <summary>The certificate, in PEM; null: no TLS.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>The certificate's key, in PEM; null: it is in the certificate's file.</summary>
    public string? TlsKey { get; init; }

    /// <summary>Folders below which content may lie, absolute; the first is where it goes when nothing is said.</summary>
    public ImmutableArray<string> ContentRoots { get; init; } = [];

    /// <summary>Categories, for the folders that their torrents are loaded to.</summary>
    public ImmutableArray<CategorySettings> Categories { get; init; } = [];

    /// <summary>Which addresses torrent files are fetched from for those who give a URL.</summary>
    public ReachPolicy Reach { get; init; } = ReachPolicy.Public;

    /// <summary>How they are fetched, and from which address of this machine; the reach is above, and how many at a time is not for trackers and people together.</summary>
    public HttpPortSettings Http { get; init; } = HttpPortSettings.Default;

    /// <summary>Bytes of a request's body, except where a .torrent file is uploaded.</summary>
    public int BodyLimit { get; init => field = Setting.InRange(value, 1_024, 1 << 30); } = 1 << 20;

    /// <summary>Bytes of a .torrent file that is uploaded or fetched; in base64 a third more is let through.</summary>
    public int TorrentFileLimit { get; init => field = Setting.InRange(value, 1_024, 1 << 29); } = 32 << 20;

    /// <summary>How long fetching a .torrent file may take.</summary>
    public TimeSpan FetchTimeout { get; init => field = Setting.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(60);

    /// <summary>Torrents that one command may name.</summary>
    public int BulkLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>Commands of one request that are under way at a time.</summary>
    public int BulkConcurrency { get; init => field = Setting.InRange(value, 1, 1_000); } = 64;

    /// <summary>Connections at a time; one more is closed.</summary>
    public int ConnectionLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 1_000;

    /// <summary>Streams of events at a time; one more is refused.</summary>
    public int SubscriberLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 256;

    /// <summary>The least time between two events to one subscriber; what happens meanwhile becomes one event.</summary>
    public TimeSpan EventGap { get; init => field = Setting.InRange(value, TimeSpan.Zero, TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(25);

    /// <summary>After so long without an event a subscriber is told that the stream is alive.</summary>
    public TimeSpan HeartBeat { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(15);

    /// <summary>Lines of the log that are kept to be looked at.</summary>
    public int LogLines { get; init => field = Setting.InRange(value, 16, 1_000_000); } = 2_000;

    /// <summary>Actors in one answer at most.</summary>
    public int ActorLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>The catalogue's limits.</summary>
    public CatalogueSettings Catalogue { get; init; } = CatalogueSettings.Default;

    /// <summary>How guessing keys is slowed down.</summary>
    public LoginBackOffSettings BackOff { get; init; } = LoginBackOffSettings.Default;

    /// <summary>Whether anybody beyond this machine can reach it.</summary>
    public bool IsBeyondLoopback => Listen.Any(at => !IPAddress.IsLoopback(at.Address));
}
