using System.Runtime.CompilerServices;
using Swarm.Actors.Ports;
using Swarm.TestKit.Store;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Checking;

/// <summary>Follows the leases of every store from commit to commit: tokens only grow, a lease goes to nobody while a living node has it, and what is written of a torrent is written by its owner.</summary>
internal sealed class LeaseCheck(SimWorld world) : WorldCheck(world, "A torrent has one owner at a time, and nobody else writes its state")
{
    private readonly ConditionalWeakTable<SimStore, SortedDictionary<InfoHash, Lease>> _stores = [];

    public override void OnCommitted(SimNode node, StoreCommand command, StoreOutcome outcome)
    {
        switch (command, outcome)
        {
            case (StoreCommand.AcquireLease acquire, StoreOutcome.Leased leased): OnLeased(node, acquire.Torrent, leased.Token); break;
            case (StoreCommand.TakeUp, StoreOutcome.TakenUp page): OnTakenUp(node, page); break;
            case (StoreCommand.PutOptions put, StoreOutcome.Done): OnWritten(node, put.Torrent, put.Token); break;
            case (StoreCommand.ReleaseLease release, StoreOutcome.Done): OnReleased(node, release); break;
            case (StoreCommand.PutTorrent put, StoreOutcome.Done): OnWritten(node, put.Torrent, put.Token); break;
            case (StoreCommand.PutProgress put, StoreOutcome.Done): OnWritten(node, put.Torrent, put.Token); break;
            case (StoreCommand.RemoveTorrent remove, StoreOutcome.Done): OnWritten(node, remove.Torrent, remove.Token); break;
        }
    }

    // What a member had is its until its session has run out, whatever became of the process.
    public override void OnLost(SimNode node, bool withPower)
    {
        if (node.Settings.Cluster is null) OnGone(node);
    }

    public override void OnStopped(SimNode node)
    {
        // A member's leases end with its session; one that was stopped while the database was away could not give it back.
        foreach (var torrent in node.Settings.Cluster is null ? Of(node).Keys : Enumerable.Empty<InfoHash>())
        {
            if (node.Store.LeaseOf(torrent) is { Owner: var owner } && owner == node.Name) Broken(node, $"it has stopped and still has the lease of {torrent}");
        }

        OnGone(node);
    }

    private void OnLeased(SimNode node, InfoHash torrent, long token)
    {
        var leases = Of(node);
        if (leases.TryGetValue(torrent, out var lease))
        {
            if (token <= lease.Token) Broken(node, $"the lease of {torrent} was given under token {token}, after {lease.Token}");
            if (lease.Owner is { } owner && owner != node.Name && node.Settings.Cluster?.HasSession(owner, lease.Session) != false) Broken(node, $"it was given the lease of {torrent}, which {owner} has");
        }

        leases[torrent] = new Lease(node.Name, token, node.Settings.Cluster?.SessionOf(node.Name) ?? 0);
    }

    private void OnTakenUp(SimNode node, StoreOutcome.TakenUp page)
    {
        foreach (var taken in page.Torrents)
        {
            if (taken.HeldBy is not null || node.Store.LeaseOf(taken.Torrent) is not { } lease) continue;
            if (Of(node).TryGetValue(taken.Torrent, out var known) && known.Owner == node.Name && known.Token == lease.Token) continue;
            OnLeased(node, taken.Torrent, lease.Token);
        }
    }

    private void OnReleased(SimNode node, StoreCommand.ReleaseLease release)
    {
        var leases = Of(node);
        if (leases.TryGetValue(release.Torrent, out var lease) && lease.Token == release.Token) leases[release.Torrent] = lease with { Owner = null };
    }

    private void OnWritten(SimNode node, InfoHash torrent, long token)
    {
        if (!Of(node).TryGetValue(torrent, out var lease)) Broken(node, $"it wrote the state of {torrent} without a lease");
        else if (lease.Token != token || lease.Owner != node.Name) Broken(node, $"it wrote the state of {torrent} under token {token}, which is {lease.Owner ?? "nobody"}'s {lease.Token}");
    }

    private void OnGone(SimNode node)
    {
        var leases = Of(node);
        foreach (var torrent in leases.Where(each => each.Value.Owner == node.Name).Select(each => each.Key).ToArray()) leases[torrent] = leases[torrent] with { Owner = null };
    }

    private SortedDictionary<InfoHash, Lease> Of(SimNode node) => _stores.GetOrCreateValue(node.Store);

    private readonly record struct Lease(string? Owner, long Token, long Session);
}
