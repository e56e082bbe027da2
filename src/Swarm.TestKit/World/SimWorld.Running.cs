using Swarm.Actors.Torrents;
using Swarm.TestKit.Peers;

namespace Swarm.TestKit.World;

// Time: what happens when, how long it runs, and what must hold in the end.
public sealed partial class SimWorld
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    /// <summary>Virtual time since the beginning.</summary>
    public TimeSpan Now => Simulation.Elapsed;

    /// <summary>A hash over all that actors handled and all that the network did, and when. Equal for equal runs.</summary>
    public ulong TraceHash => SeedTree.Mix(Simulation.TraceHash, Network.EventHash);

    /// <summary>Has something happen at a moment since the beginning; at once, if that is past.</summary>
    public void At(TimeSpan time, Action action) => After(time > Now ? time - Now : TimeSpan.Zero, action);

    /// <summary>Has something happen after so long.</summary>
    public void After(TimeSpan delay, Action action) => Simulation.Schedule(delay, action);

    /// <summary>Has something happen again and again, for the first time after one interval.</summary>
    public void Every(TimeSpan interval, Action action) => After(interval, () =>
    {
        action();
        Every(interval, action);
    });

    /// <summary>Starts every node that is down.</summary>
    public void StartAll()
    {
        foreach (var node in _nodes.Where(node => node is { State: NodeState.Down, HasLeft: false })) node.Start();
    }

    /// <summary>Lets that much time pass.</summary>
    /// <exception cref="CheckFailedException">A promise was broken.</exception>
    public void RunFor(TimeSpan duration)
    {
        ThrowIfFailed();
        Simulation.RunUntil(() => _failure is not null, duration);
        ThrowIfFailed();
    }

    /// <summary>Lets time pass until a condition holds, which is asked every <see cref="SimWorldSettings.Grain"/>, or so much time is over. Whether it holds.</summary>
    /// <exception cref="CheckFailedException">A promise was broken.</exception>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + limit;
        while (!condition())
        {
            if (Now >= end) return false;
            var left = end - Now;
            RunFor(left < Settings.Grain ? left : Settings.Grain);
        }

        return true;
    }

    /// <summary>
    /// Ends every fault: the network, the web, disks and stores are as they should be, trackers are up and honest, peers that mean no good leave, and nodes run again. Of a torrent that stands still until
    /// its user acts, the user acts: its node starts anew. What was lost stays lost.
    /// </summary>
    public void HealEverything()
    {
        Note("world", "heals");
        HealNetwork();
        foreach (var heals in Healing) heals();
        Web.Settings = Web.Settings with { Failure = 0, Silence = 0, Truncation = 0, DnsFailure = 0 };
        foreach (var tracker in _trackers)
        {
            tracker.IsUp = true;
            tracker.Settings = tracker.Settings with { Mood = TrackerMood.Honest, Delay = TimeSpan.Zero };
        }

        foreach (var peer in _peers.Where(peer => !peer.Manners.IsHonest)) peer.Leave();

        foreach (var node in _nodes)
        {
            node.Disk.Mend();
            node.Disk.Settings = node.Disk.Settings with { IsReadOnly = false, WriteFailure = 0, ReadFailure = 0, FlushFailure = 0, CapacityBytes = Math.Max(node.Disk.Settings.CapacityBytes, Settings.Disk.CapacityBytes) };
            node.Store.Settings = node.Store.Settings with { TransientFailure = 0, UnknownOutcome = 0, Broken = null, Refused = [] };
            if (node is { State: NodeState.Down, HasLeft: false }) node.Start();
            else if (node.State == NodeState.Running && node.Torrents.Any(torrent => torrent.State == TorrentState.Failed || torrent.Refusal is not null)) node.Restart();
        }
    }

    /// <summary>Runs until every node that has not left runs and has everything that it was given.</summary>
    /// <exception cref="CheckFailedException">That did not come about in time, or another promise was broken.</exception>
    public void MustConverge(TimeSpan limit)
    {
        if (RunUntil(() => _nodes.TrueForAll(node => node.IsComplete || node.HasLeft), limit)) return;
        var late = _nodes.Where(node => !node.IsComplete && !node.HasLeft).ToArray();
        Fail("Once nothing is wrong any more, every node gets everything", late[0], $"{late.Length} nodes are not complete after {limit}: {string.Join(", ", late.Take(20).Select(Describe))}");
        ThrowIfFailed();
    }

    /// <summary>Sends the other peers away and stops every node in good order; then nothing may be left of anything.</summary>
    /// <exception cref="CheckFailedException">Something is, or it took too long.</exception>
    public void StopAll()
    {
        // Who goes on taking is ahead of what givers have counted. Reports that are under way arrive before the last look at the figures.
        foreach (var peer in _peers) peer.Leave();
        RunFor(Rest);
        foreach (var check in Checks) check.OnEnding();
        foreach (var node in _nodes.Where(node => node.State == NodeState.Running)) node.StopGracefully();
        RunUntil(() => _nodes.TrueForAll(node => node.State == NodeState.Down), Settings.LifeLimit + Rest);
        // Who closes towards somebody that has vanished waits for an answer as long as the network lets it; and a disk that stands still ends its work when it goes on.
        RunUntil(() => Network.OpenConnections == 0 && _nodes.TrueForAll(node => node.Disk.JobsPending == 0), Network.Settings.RetransmitTimeout * 2);
        RunFor(Rest);
        foreach (var check in Checks) check.OnEnd();
        ThrowIfFailed();
    }

    private void HealNetwork()
    {
        Network.Heal();
        Network.Settings = Network.Settings with { RefuseChance = 0, DialLossChance = 0, AcceptFailChance = 0, HalfOpenChance = 0, MeanTimeToReset = TimeSpan.Zero };
        foreach (var path in _degraded) path.Rule = Net.PathRule.None;
        _degraded.Clear();
    }

    private void LookOver()
    {
        foreach (var node in _nodes) node.Ask();
        foreach (var check in Checks) check.OnInterval();
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null) throw _failure;
    }
}
