using Swarm.Actors.Cluster;
using Swarm.Protocol.Cluster;
using Swarm.TestKit.Checking;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Cluster;

/// <summary>
/// Follows a cluster from commit to commit: tokens only grow and each is written under by its owner alone; what was acknowledged stays in the tables; a drop leaves enough complete replicas. And it asks every member, again and again, whether it believes that it may write:
/// then the database must think so too.
/// </summary>
internal sealed class ClusterCheck(SimCluster cluster) : WorldCheck(cluster.World, "A token has one owner, nobody writes past his session, and nothing acknowledged is lost")
{
    private readonly SortedDictionary<long, string> _owners = [];
    private readonly SortedDictionary<string, (long Written, bool HadSession)> _looks = new(StringComparer.Ordinal);
    private long _lastToken;
    private TimeSpan _restoredAt = TimeSpan.MinValue / 2;

    public void OnCommitted(string process, ClusterCommand command, ClusterOutcome outcome)
    {
        switch (command, outcome)
        {
            case (ClusterCommand.AcquireLease, ClusterOutcome.Leased leased): OnLeased(process, leased.Token); break;
            case (ClusterCommand.Assign assign, ClusterOutcome.Done): OnWritten(process, assign.Token); break;
            case (ClusterCommand.Drop drop, ClusterOutcome.Done):
                OnWritten(process, drop.Token);
                if (cluster.Database.Tables.Torrents[drop.Torrent] is var placed && placed.CompleteReplicas < placed.Wanted.Replicas) Broken(Node(process), $"it dropped {drop.Torrent} at {drop.Storage}, and {placed.CompleteReplicas} complete replicas are left");
                break;
        }
    }

    /// <summary>The tables were set back: tokens that they do not know were never given, and members need a moment to find out.</summary>
    public void OnRestored(ClusterTables tables)
    {
        _restoredAt = World.Now;
        _owners.Clear();
        _lastToken = tables.LastToken;
        foreach (var (owner, token) in tables.Leases.Values) _owners.Add(token, owner.EndPoint[..owner.EndPoint.LastIndexOf(':')]);
    }

    public override void OnInterval()
    {
        foreach (var wanted in cluster.Wanted)
        {
            if (wanted.IsAccepted && !cluster.Database.Tables.Torrents.ContainsKey(wanted.Content.Torrent)) Broken(null, $"{wanted.Content.Torrent} was acknowledged and is not in the tables any more");
        }

        foreach (var member in cluster.Members) Look(member);
    }

    private void OnLeased(string process, long token)
    {
        if (_owners.TryGetValue(token, out var owner))
        {
            if (owner != process) Broken(Node(process), $"it was given token {token}, which is {owner}'s");
            return;
        }

        if (token <= _lastToken) Broken(Node(process), $"it was given token {token}, after {_lastToken}");
        _lastToken = token;
        _owners.Add(token, process);
    }

    private void OnWritten(string process, long token)
    {
        if (token != _lastToken || _owners.GetValueOrDefault(token) != process) Broken(Node(process), $"it wrote under token {token}; the last one is {_lastToken} and {_owners.GetValueOrDefault(_lastToken)}'s");
    }

    private void Look(SimNode member)
    {
        if (member.State != NodeState.Running || member.Cluster is null || member.IsFrozen)
        {
            _looks.Remove(member.Name);
            return;
        }

        // One that was voted down may not know yet: what it was given lasts until it has run out in database time, and nobody takes over before.
        var hasSession = cluster.HasSession(member.Name);
        var written = member.Disk.Counters.BytesWritten;
        // Between two looks without a session nothing may reach a file; one that slept needs a moment to find out.
        if (!hasSession && _looks.TryGetValue(member.Name, out var last) && !last.HadSession && written > last.Written && !IsFindingOut(member))
            Broken(member, $"it has no session, and {written - last.Written} bytes were written");
        _looks[member.Name] = (written, hasSession);
        var thawedAt = member.ThawedAt;
        member.Cluster.Tell(new RouterActor.GetStatus(), member.Ear(answer => OnStatus(member, thawedAt, answer)));
    }

    private void OnStatus(SimNode member, TimeSpan thawedAt, object answer)
    {
        // One that slept meanwhile says what it believed before.
        if (answer is not ClusterStatus { Session: SessionState.Writing } status || member.ThawedAt != thawedAt || IsFindingOut(member)) return;
        var row = cluster.Database.Tables.Membership.Members.GetValueOrDefault(status.Self);
        if (row is null || !row.HasSession(cluster.Database.NowTicks)) Broken(member, $"it believes as {status.Self} that it may write, and its session has run out");
    }

    private bool IsFindingOut(SimNode member) => World.Now - member.ThawedAt < TimeSpan.FromSeconds(5) || World.Now - _restoredAt < TimeSpan.FromSeconds(5);

    private SimNode? Node(string process) => cluster.Members.FirstOrDefault(member => member.Name == process);
}
