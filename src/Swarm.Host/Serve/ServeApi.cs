using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Api.Contracts;
using Swarm.Hocon;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Clusters;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Host.Configuration;
using Swarm.Host.Watching;
using Swarm.Protocol.Metainfo;

namespace Swarm.Host.Serve;

/// <summary>
/// The HTTP API as a part of the daemon: its server, the catalogue it answers from, and what follows the node into that. Starts before the node takes up its torrents, so that who asks is told that it is
/// not ready, and ends after it has drained.
/// </summary>
internal sealed partial class ServeApi : IAsyncDisposable
{
    private const int UsualBody = 1 << 20;
    private const string ContentFolder = "content";

    private readonly SwarmNodeModel _model;
    private readonly ApiServer _server;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _pump;
    private readonly ServeWatching _watching;
    private readonly ApiServices _services;
    private readonly string _dataFolder;

    private ServeApi(SwarmNode node, SwarmNodeModel model, ApiServices services, string dataFolder, ServeWatching watching, ApiServer server, ServeCluster? cluster)
    {
        _services = services;
        _dataFolder = dataFolder;
        _watching = watching;
        _model = model;
        _server = server;
        _pump = cluster is null ? CataloguePump.RunAsync(node, services.Catalogue, _over.Token) : FollowClusterAsync(node, services.Catalogue, cluster);
    }

    /// <summary>
    /// Starts it. <paramref name="current"/> is the configuration in force whenever somebody asks, <paramref name="drain"/> begins the daemon's end, <paramref name="show"/> shows whoever started the program the key that had to be made, this once and
    /// not through the log, which viewers read and files keep; <paramref name="cluster"/> is null where the node is in none.
    /// </summary>
    /// <exception cref="SwarmException">It does not start; one line.</exception>
    public static async Task<ServeApi> StartAsync(SwarmNode node, ApiSettings settings, Func<SwarmConfiguration> current, string dataFolder, LogTail tail, Action drain, Action<string> show, ILoggerFactory logs, ServeCluster? cluster = null)
    {
        var configuration = current().Settings;
        var api = Of(settings, configuration, dataFolder);
        foreach (var root in api.ContentRoots) Directory.CreateDirectory(root);
        var catalogue = new TorrentCatalogue(api.Catalogue, TimeProvider.System);
        var model = new SwarmNodeModel(node, DateTimeOffset.UtcNow, configuration.Net.DownloadLimit, configuration.Net.UploadLimit, drain);
        var (services, newKey) = ApiComposition.Compose(api, model, catalogue, tail, dataFolder, () => Items(current()));
        var log = logs.CreateLogger("Swarm.Serve");
        if (newKey is not null)
        {
            LogNewKey(log, ApiComposition.FirstKey);
            show($"the API key '{ApiComposition.FirstKey}', shown this once and kept nowhere: {newKey}");
        }

        var watching = new ServeWatching(node, catalogue, configuration.Metrics, configuration.Node.Name, logs);
        try
        {
            var face = cluster is null ? null : new ApiCluster(new ClusterModel(cluster.Facts, node.AskClusterAsync), cluster.Calls);
            var server = await ApiServer.StartAsync(services with { Metrics = watching.Api, Preview = node.PreviewAsync, Cluster = face }, logs).ConfigureAwait(false);
            var addresses = string.Join(", ", server.Addresses);
            LogListening(log, addresses);
            return new ServeApi(node, model, services, dataFolder, watching, server, cluster);
        }
        catch
        {
            await watching.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where content goes that nothing is said of, with or without an API.</summary>
    public static string DefaultFolder(ApiSettings? settings, string dataFolder) => settings?.ContentRoots is [var first, ..] ? first : Path.Combine(dataFolder, ContentFolder);

    /// <summary>The recorded torrents have been taken up: it is ready.</summary>
    public void Restored() => _model.Restored();

    /// <summary>The node begins to end: it is not ready any more.</summary>
    public void Draining() => _model.Draining();

    /// <summary>The node's limits were changed.</summary>
    public void Limited(long download, long upload) => _model.Limited(download, upload);

    /// <summary>Knows the keys that the data folder has now, besides those it was configured with.</summary>
    /// <exception cref="SwarmException">They cannot be read; it goes on with those it had.</exception>
    public void ReloadKeys() => _services.Keys.Exchange(ApiComposition.KeysOf(_services.Settings, _dataFolder));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _watching.DisposeAsync().ConfigureAwait(false);
        await _over.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        _over.Dispose();
    }

    private Task FollowClusterAsync(SwarmNode node, TorrentCatalogue catalogue, ServeCluster cluster)
    {
        var whole = new ClusterCatalogue(catalogue, cluster.Facts.EndPoint, TimeProvider.System);
        node.FollowCluster(whole, cluster.ReportInterval);
        return CataloguePump.RunAsync(node, whole, _over.Token);
    }

    private static HttpApiSettings Of(ApiSettings settings, SwarmSettings swarm, string dataFolder) => HttpApiSettings.Default with
    {
        Listen = settings.Listen,
        Hosts = settings.AllowedHosts,
        Origins = settings.AllowedOrigins,
        TrustLoopback = settings.Authentication == ApiAuthentication.BeyondLoopback,
        Keys = [.. settings.Keys.Select(key => ApiKeys.Keep(key.Name, ScopeOf(key.Scope), key.Secret))],
        TlsCertificate = settings.TlsCertificateFile,
        TlsKey = settings.TlsKeyFile,
        // Where the configuration itself puts content is as good as a root.
        ContentRoots = [.. (settings.ContentRoots.IsEmpty ? [DefaultFolder(settings, dataFolder)] : settings.ContentRoots).Concat(FoldersOf(swarm, dataFolder)).Distinct()],
        Categories = swarm.Automation.Categories,
        Reach = swarm.Node.ToReach(),
        Http = SwarmNode.BoundTo(swarm.Net.Bind, swarm.Io.Http),
        BodyLimit = (int)Math.Min(UsualBody, settings.MaxBodyBytes),
        ConnectionLimit = settings.ConnectionLimit,
        SubscriberLimit = settings.SubscriberLimit,
        EventGap = settings.EventGap,
        HeartBeat = settings.HeartBeat,
        LogLines = settings.LogLines,
        Catalogue = settings.Catalogue,
        BackOff = settings.BackOff,
        // In base64 it takes a third more.
        TorrentFileLimit = (int)Math.Min(MetainfoLimits.Default.MaxFileBytes, settings.MaxBodyBytes / 4 * 3),
    };

    private static IEnumerable<string> FoldersOf(SwarmSettings swarm, string dataFolder) =>
        swarm.Automation.Categories.SelectMany(category => new[] { category.Folder, category.CompletedFolder }).Append(swarm.Automation.CompletedFolder).Append(swarm.Cluster?.FolderIn(dataFolder)).OfType<string>();

    private static Scope ScopeOf(ApiScope scope) => scope switch
    {
        ApiScope.Admin => Scope.Admin,
        ApiScope.Operator => Scope.Operator,
        _ => Scope.Viewer,
    };

    private static ImmutableArray<ConfigItem> Items(SwarmConfiguration configuration) => [.. Leaves(ConfigurationText.Mask(configuration.Effective), [])];

    private static IEnumerable<ConfigItem> Leaves(HoconValue value, ImmutableArray<string> path) => value is HoconObject { Fields.IsEmpty: false } fields
        ? fields.Fields.SelectMany(field => Leaves(field.Value, path.Add(field.Name)))
        : [new ConfigItem(HoconPath.Join(path), ConfigurationText.Write(value), value.Origin.ToString())];

    [LoggerMessage(Level = LogLevel.Information, Message = "The API listens at {Addresses}")]
    private static partial void LogListening(ILogger log, string addresses);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The API is open beyond this machine and had no key, so '{Key}' was made, which may do everything; it is on standard error this once, and in no log")]
    private static partial void LogNewKey(ILogger log, string key);
}
