using Swarm.Protocol.Primitives;

namespace Swarm.Protocol.Trackers;

/// <summary>One torrent's numbers in a scrape reply (BEP 48; BEP 15, "Scrape"). Null: the tracker did not say.</summary>
/// <param name="InfoHash">The torrent.</param>
/// <param name="Seeders">Peers that have everything ("complete").</param>
/// <param name="Leechers">Peers that do not ("incomplete").</param>
/// <param name="Downloaded">How many times it was completed.</param>
public sealed record ScrapeEntry(InfoHash InfoHash, int? Seeders, int? Leechers, int? Downloaded);
