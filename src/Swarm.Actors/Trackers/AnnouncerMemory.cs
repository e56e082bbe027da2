using System.Collections.Immutable;
using Swarm.Actors.Dht;
using Swarm.Protocol.Trackers;

namespace Swarm.Actors.Trackers;

/// <summary>
/// What an announcer must not forget when it is restarted: otherwise every tracker would hear "started" again, and none "stopped". The props carry it from one incarnation to the
/// next; as those follow each other on one mailbox, it has one user at a time.
/// </summary>
/// <param name="tiers">Who has been told what.</param>
/// <param name="dht">The DHT, a family each.</param>
/// <param name="key">The random number of all announces of this session (BEP 7).</param>
/// <param name="createdAt">The timestamp that the tiers' time counts from.</param>
internal sealed class AnnouncerMemory(AnnounceTiers tiers, ImmutableArray<AnnouncerMemory.DhtFamily> dht, uint key, long createdAt)
{
    /// <summary>Who has been told what.</summary>
    public AnnounceTiers Tiers { get; } = tiers;

    /// <summary>The DHT, a family each; empty where it may not be used.</summary>
    public ImmutableArray<DhtFamily> Dht { get; set; } = dht;

    /// <summary>The random number of all announces.</summary>
    public uint Key { get; } = key;

    /// <summary>The timestamp that the tiers' time counts from.</summary>
    public long CreatedAt { get; } = createdAt;

    /// <summary>The torrent's numbers, as last told.</summary>
    public AnnounceStats Stats { get; set; } = new(0, 0, null);

    /// <summary>The TCP port that peers are to connect to.</summary>
    public ushort Port { get; set; }

    /// <summary>Whether the parent waits for "stopped".</summary>
    public bool OwesStopped { get; set; }

    /// <summary>One family of the DHT, and when it is announced to.</summary>
    internal sealed record DhtFamily(DhtAccess Access, DhtSchedule Schedule);
}
