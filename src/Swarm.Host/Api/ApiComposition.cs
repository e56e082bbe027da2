using Swarm.Api.Contracts;
using Swarm.Host.Api.Catalogue;
using Swarm.Host.Api.Logging;
using Swarm.Host.Api.Security;
using Swarm.Host.Api.Torrents;
using Swarm.Io.Http;

namespace Swarm.Host.Api;

/// <summary>Puts the API together for a node: keys, content roots, downloads. Called once by who serves.</summary>
internal static class ApiComposition
{
    /// <summary>The name of the key that is made where there is none.</summary>
    public const string FirstKey = "first-run";

    // Torrent files for people are few; trackers have a port of their own.
    private const int Downloads = 8;
    private const int DownloadsWaiting = 64;

    /// <summary>The services, and the text of the key that was made because there was none and the API listens beyond this machine: to be shown once, for it is kept nowhere.</summary>
    /// <exception cref="SwarmException">Keys or content roots cannot be used.</exception>
    public static (ApiServices Services, string? NewKey) Compose(
        HttpApiSettings settings, INodeModel node, TorrentCatalogue catalogue, LogTail log, string dataFolder, Func<IReadOnlyList<ConfigItem>> configuration)
    {
        var roots = new ContentRoots(settings.ContentRoots);
        var keys = KeysOf(settings, dataFolder);
        string? text = null;
        if (keys.Count == 0 && settings.IsBeyondLoopback)
        {
            (var made, text) = ApiKeyFile.Make(dataFolder, FirstKey, Scope.Admin);
            keys = [made];
        }

        var downloads = new HttpDownloads(settings.Http with { Reach = settings.Reach, Concurrency = Downloads, QueueLimit = DownloadsWaiting });
        var services = new ApiServices
        {
            Settings = settings,
            Node = node,
            Catalogue = catalogue,
            Roots = roots,
            Intake = new TorrentIntake(settings, roots, downloads),
            Log = log,
            Keys = new ApiKeys(keys),
            Configuration = configuration,
            Clock = TimeProvider.System,
            Version = typeof(ApiComposition).Assembly.GetName().Version?.ToString(3) ?? "0.0.0",
        };
        return (services, text);
    }

    /// <summary>The keys that are configured, and those of the data folder.</summary>
    /// <exception cref="SwarmException">They cannot be read.</exception>
    public static IReadOnlyList<ApiKey> KeysOf(HttpApiSettings settings, string dataFolder) => [.. settings.Keys, .. ApiKeyFile.Load(dataFolder)];
}
