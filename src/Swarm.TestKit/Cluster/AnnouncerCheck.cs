using Swarm.TestKit.Checking;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// Looks into the books of trackers: of a private torrent at most one member that runs is there at a time, but while the role is handed over. A member counts from its process's own first announce, since a tracker cannot know that the process before it was killed.
/// </summary>
internal sealed class AnnouncerCheck(SimCluster cluster) : WorldCheck(cluster.World, "One replica speaks for all to a private tracker")
{
    // A role is handed over within two reads of the tables, a look at what runs here, and two announces.
    private static readonly TimeSpan HandingOver = TimeSpan.FromSeconds(30);

    private readonly SortedDictionary<InfoHash, TimeSpan> _since = [];

    public override void OnInterval()
    {
        foreach (var wanted in cluster.Wanted.Where(static wanted => wanted.Content.Metainfo.IsPrivate)) Look(wanted.Content.Torrent);
    }

    private void Look(InfoHash torrent)
    {
        var speakers = World.Trackers.SelectMany(tracker => tracker.Seen(torrent))
            .Select(seen => cluster.Members.FirstOrDefault(member => member.Address.Equals(seen.Address) && member is { State: NodeState.Running, IsFrozen: false } && seen.At >= member.StartedAt)).OfType<SimNode>().Distinct().ToArray();
        if (speakers.Length < 2)
        {
            _since.Remove(torrent);
            return;
        }

        _since.TryAdd(torrent, World.Now);
        if (World.Now - _since[torrent] > HandingOver) Broken(speakers[0], $"{torrent} is announced by {string.Join(" and ", speakers.Select(static speaker => speaker.Name))} for {HandingOver.TotalSeconds} s");
    }
}
