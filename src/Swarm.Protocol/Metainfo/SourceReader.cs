using System.Collections.Immutable;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Metainfo;

/// <summary>
/// Reads where a torrent's peers and data may be had: trackers (BEP 3, 12), web seeds (BEP 19), DHT nodes (BEP 5), related torrents (BEP 38, 39).
/// Owned by one parse. Nothing here refuses a torrent: what is malformed, unsupported, repeated or over the limit is left out and counted.
/// </summary>
internal sealed class SourceReader(TorrentText text, MetainfoLimits limits)
{
    /// <summary>Entries that were left out so far.</summary>
    public int Dropped { get; private set; }

    /// <summary>The tiers of "announce-list"; if it holds nothing usable, one tier of "announce". A bare string counts as a tier of one.</summary>
    public ImmutableArray<ImmutableArray<string>> ReadTrackers(BencodeValue announceList, BencodeValue announce)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var tiers = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        foreach (var item in announceList.Items)
        {
            var tier = ImmutableArray.CreateBuilder<string>();
            AddTracker(item, seen, tier);
            foreach (var tracker in item.Items) AddTracker(tracker, seen, tier);
            if (tier.Count > 0) tiers.Add(tier.ToImmutable());
        }

        if (tiers.Count > 0) return tiers.ToImmutable();
        var only = ImmutableArray.CreateBuilder<string>();
        AddTracker(announce, seen, only);
        return only.Count > 0 ? [only.ToImmutable()] : [];
    }

    /// <summary>The URLs of "url-list": a list or one string.</summary>
    public ImmutableArray<string> ReadWebSeeds(BencodeValue urlList, bool isFolder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var seeds = ImmutableArray.CreateBuilder<string>();
        AddWebSeed(urlList, isFolder, seen, seeds);
        foreach (var item in urlList.Items) AddWebSeed(item, isFolder, seen, seeds);
        return seeds.ToImmutable();
    }

    /// <summary>The host and port pairs of "nodes".</summary>
    public ImmutableArray<HostEndPoint> ReadNodes(BencodeValue nodes)
    {
        var found = ImmutableArray.CreateBuilder<HostEndPoint>();
        foreach (var item in nodes.Items)
        {
            if (found.Count < limits.MaxSources && TryReadNode(item) is { } node) found.Add(node);
            else Dropped++;
        }

        return found.ToImmutable();
    }

    /// <summary>The hashes of two "similar" lists together.</summary>
    public ImmutableArray<InfoHash> ReadSimilar(BencodeValue outer, BencodeValue inner)
    {
        var found = ImmutableArray.CreateBuilder<InfoHash>();
        foreach (var item in outer.Items) AddSimilar(item, found);
        foreach (var item in inner.Items) AddSimilar(item, found);
        return found.ToImmutable();
    }

    /// <summary>The names of two "collections" lists together.</summary>
    public ImmutableArray<string> ReadCollections(BencodeValue outer, BencodeValue inner)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        foreach (var item in outer.Items) AddCollection(item, found);
        foreach (var item in inner.Items) AddCollection(item, found);
        return found.ToImmutable();
    }

    /// <summary>The "update-url", if it is one.</summary>
    public string? ReadUpdateUrl(BencodeValue value)
    {
        if (!value.TryGetString(out var bytes)) return null;
        return SourceUrls.TryWebSeed(text.Decode(bytes), isFolder: false, limits.MaxUrlLength, out var url) ? url : null;
    }

    private void AddTracker(BencodeValue value, HashSet<string> seen, ImmutableArray<string>.Builder tier)
    {
        if (!value.TryGetString(out var bytes)) return;
        if (seen.Count < limits.MaxSources && SourceUrls.TryTracker(text.Decode(bytes), limits.MaxUrlLength, out var url) && seen.Add(url))
        {
            tier.Add(url);
            return;
        }

        Dropped++;
    }

    private void AddWebSeed(BencodeValue value, bool isFolder, HashSet<string> seen, ImmutableArray<string>.Builder seeds)
    {
        if (!value.TryGetString(out var bytes)) return;
        if (seen.Count < limits.MaxSources && SourceUrls.TryWebSeed(text.Decode(bytes), isFolder, limits.MaxUrlLength, out var url) && seen.Add(url))
        {
            seeds.Add(url);
            return;
        }

        Dropped++;
    }

    private HostEndPoint? TryReadNode(BencodeValue pair)
    {
        string? host = null;
        long port = 0;
        foreach (var item in pair.Items)
        {
            if (host is null && item.TryGetString(out var bytes)) host = text.Decode(bytes);
            else if (port == 0 && item.TryGetInteger(out var number)) port = number;
            else return null;
        }

        return host is not null && HostEndPoint.TryCreate(host, port, out var node) ? node : null;
    }

    private void AddSimilar(BencodeValue item, ImmutableArray<InfoHash>.Builder found)
    {
        if (found.Count < limits.MaxSources && item.TryGetString(Bytes20.Size, out var hash)) found.Add(new InfoHash(hash));
        else Dropped++;
    }

    private void AddCollection(BencodeValue item, ImmutableArray<string>.Builder found)
    {
        if (found.Count < limits.MaxSources && item.TryGetString(out var name)) found.Add(TorrentText.Clean(text.Decode(name)));
        else Dropped++;
    }
}
