namespace Swarm.Host.Api.Catalogue;

/// <summary>The limits of a <see cref="TorrentCatalogue"/>.</summary>
internal sealed record CatalogueSettings
{
    /// <summary>What is used unless somebody says otherwise.</summary>
    public static CatalogueSettings Default { get; } = new();

    /// <summary>Removed torrents that are remembered for those who ask what changed; an older one makes an older question a full resync.</summary>
    public int TombstoneLimit { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>Torrents of a page at most.</summary>
    public int PageLimit { get; init => field = Setting.InRange(value, 1, 10_000); } = 1_000;

    /// <summary>Torrents of a page that does not say how many.</summary>
    public int PageDefault { get; init => field = Setting.InRange(value, 1, 10_000); } = 100;

    /// <summary>Changed and removed torrents told at once; who is behind by more asks again.</summary>
    public int DeltaLimit { get; init => field = Setting.InRange(value, 1, 100_000); } = 2_000;
}
