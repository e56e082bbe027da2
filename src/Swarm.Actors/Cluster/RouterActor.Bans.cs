using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Net;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

// Whom no node deals with. The tables have the last word: what stands there reaches every member, those that were away and those that join later included, and only there a ban is lifted. A message between nodes is faster by a read, comes through while the
// tables do not answer, and is all that a member of a version knows which has no bans in its tables; so it is acted on unless the tables say something of the address.
public sealed partial class RouterActor
{
    private readonly BanList _bans;

    /// <summary>Command: no node deals with an address for so long. Answered with <see cref="Accepted"/>, of no torrent, when it is durable.</summary>
    public sealed record SetBan(Ban Ban);

    /// <summary>Command: all nodes deal with an address again. <paramref name="By"/>: who says so. Answered with <see cref="Accepted"/>, of no torrent, when it is durable; nodes do so with their next view.</summary>
    public sealed record LiftBan(IPAddress Address, string By);

    /// <summary>Bans that were not written into the tables because too many commands waited; nodes have been told of them all the same.</summary>
    public long BansNotKept { get; private set; }

    private void OnHeard(MemberId sender, ImmutableArray<Ban> bans, long now) =>
        Act(_bans.Merge(bans.Where(ban => !IsInTables(ban.Address)).Select(ban => ban with { By = sender.EndPoint }), now));

    private bool IsInTables(IPAddress address) => _view.Bans.TryGetValue(address.ToString(), out var ban) && ban.KeptUntilTicks > _view.NowTicks;

    private void OnBanned(TorrentEvent.PeerBanned banned)
    {
        var ban = new Ban(Plain(banned.Address), _settings.BanTime, banned.Reason) { By = _settings.EndPoint };
        if (!Spread(ban)) return;
        if (_waiting.Count >= _settings.MaxWaitingCommands) BansNotKept++;
        else Wait(ActorRefs.Nobody, default, 0, null, _ => new ClusterCommand.SetBan(ban));
    }

    private void OnSetBan(Ban ban)
    {
        var longest = _settings.Bans.Longest;
        var shared = ban with { Address = Plain(ban.Address), Left = ban.Left < longest ? ban.Left : longest };
        Spread(shared);
        Wait(Sender, default, 0, null, _ => new ClusterCommand.SetBan(shared));
    }

    private void OnLiftBan(LiftBan lift)
    {
        var address = Plain(lift.Address);
        Wait(Sender, default, 0, null, _ => new ClusterCommand.LiftBan(address, lift.By, _settings.Bans.Longest));
    }

    // Whether it is news here.
    private bool Spread(Ban ban)
    {
        var news = _bans.Merge([ban], Now());
        if (news.IsEmpty) return false;
        Context.Parent.Tell(new MembersActor.TellAll(new ClusterMessage.Bans(news)));
        Act(news);
        return true;
    }

    private void TakeBans(ClusterView view)
    {
        if (view.ChangedBans.IsEmpty) return;
        var now = Now();
        // Told whether or not it is known here: the network may know it from before a restart of this actor.
        ImmutableArray<IPAddress> lifted = [.. view.ChangedBans.Where(ban => ban.UntilTicks <= view.NowTicks).Select(static ban => ban.Address)];
        foreach (var address in lifted) _bans.Lift(address);
        if (!lifted.IsEmpty) _net.Tell(new NetActor.Forgive(lifted));
        Act(_bans.Merge(view.ChangedBans.Where(ban => ban.UntilTicks > view.NowTicks).Select(ban => new Ban(ban.Address, TimeSpan.FromTicks(ban.UntilTicks - view.NowTicks), ban.Reason) { By = ban.By }), now));
    }

    private void Act(ImmutableArray<Ban> news)
    {
        if (!news.IsEmpty) _net.Tell(new NetActor.Shun(news));
    }

    // One address is one row, however it was written.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
}
