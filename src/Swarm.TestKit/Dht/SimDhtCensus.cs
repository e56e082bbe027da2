namespace Swarm.TestKit.Dht;

/// <summary>
/// Who is there at one moment, as only an onlooker knows it: what lookups are measured by. Made by <see cref="SimDht.Census"/>; ids are as they were then.
/// </summary>
public sealed class SimDhtCensus
{
    private readonly (SimDhtNode Node, NodeId Id)[] _nodes;

    /// <summary>Who is among these but came after a moment is left out.</summary>
    public SimDhtCensus Before(TimeSpan moment) => new([.. _nodes.Select(entry => entry.Node).Where(node => node.CameAt <= moment)]);

    internal SimDhtCensus(IReadOnlyCollection<SimDhtNode> nodes) => _nodes = [.. nodes.Select(node => (node, node.Id))];

    /// <summary>The nodes closest to a target, the closest first, <paramref name="except"/> aside.</summary>
    public IReadOnlyList<SimDhtNode> ClosestTo(NodeId target, int count, SimDhtNode? except = null)
    {
        // Where an attacker's nodes are all that was found, there is nobody to compare with.
        if (count == 0) return [];
        var closest = new List<(SimDhtNode Node, Bytes20 Distance)>(count + 1);
        foreach (var (node, id) in _nodes)
        {
            var distance = id.DistanceTo(target);
            if (node == except || (closest.Count == count && distance.CompareTo(closest[^1].Distance) >= 0)) continue;
            var at = closest.Count;
            while (at > 0 && distance.CompareTo(closest[at - 1].Distance) < 0) at--;
            closest.Insert(at, (node, distance));
            if (closest.Count > count) closest.RemoveAt(count);
        }

        return closest.ConvertAll(entry => entry.Node);
    }
}
