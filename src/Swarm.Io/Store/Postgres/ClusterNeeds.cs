using System.Collections.Immutable;
using System.Net;
using Swarm.Protocol.Cluster;

namespace Swarm.Io.Store.Postgres;

/// <summary>
/// Which part of the cluster's tables a batch of commands looks at or may change: pure, from the commands alone. What is loaded by it makes every command of <see cref="ClusterTables"/> come out as with the whole.
/// </summary>
internal sealed class ClusterNeeds
{
    private readonly HashSet<string> _endPoints = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly HashSet<string> _leases = new(StringComparer.Ordinal);
    private readonly SortedSet<InfoHash> _torrents = [];
    private readonly SortedSet<InfoHash> _known = [];
    private readonly SortedSet<InfoHash> _loaded = [];
    private readonly SortedDictionary<InfoHash, ImmutableArray<byte>> _sources = [];
    private readonly Dictionary<string, byte[]> _bans = new(StringComparer.Ordinal);
    private readonly List<ClusterCommand.Read> _reads = [];

    private ClusterNeeds() { }

    /// <summary>Nothing is changed, whatever the tables hold.</summary>
    public bool OnlyReads { get; private set; } = true;

    /// <summary>As a rule nothing but sessions is changed: a member that reads, renews, and asks again for a lease that it or another has.</summary>
    public bool IsQuiet { get; private set; } = true;

    /// <summary>Members are looked at, and not only those of <see cref="EndPoints"/>.</summary>
    public bool AllMembers { get; private set; }

    /// <summary>The end points whose members are looked at.</summary>
    public string[] EndPoints => [.. _endPoints];

    /// <summary>The end points of members whose sessions are changed or decide something.</summary>
    public string[] LockedEndPoints => [.. _locked];

    /// <summary>The leases whose owners' sessions decide something.</summary>
    public string[] TakenLeases => [.. _taken];

    /// <summary>The leases that are looked at.</summary>
    public string[] Leases => [.. _leases];

    /// <summary>The torrents that are looked at, and may be changed.</summary>
    public byte[][] Torrents => [.. _torrents.Select(static torrent => torrent.Value.ToArray())];

    /// <summary>The torrents of which it matters whether there is a source, and whether it is a link.</summary>
    public byte[][] KnownSources => [.. _known.Select(static torrent => torrent.Value.ToArray())];

    /// <summary>The torrents whose sources are read.</summary>
    public byte[][] LoadedSources => [.. _loaded.Select(static torrent => torrent.Value.ToArray())];

    /// <summary>The sources that are written whatever the tables hold, the last of each torrent, in the order of torrents: those that no command of the batch looks at.</summary>
    public KeyValuePair<InfoHash, ImmutableArray<byte>>[] EarlySources => [.. _sources.Where(source => IsEarly(source.Key))];

    /// <summary>So many rows of forgotten torrents may be purged, and as many of torrents that are going changed, and one of each is looked at beyond them.</summary>
    public long PurgeLimit { get; private set; }

    /// <summary>The addresses whose bans are looked at, and may be changed.</summary>
    public byte[][] Bans => [.. _bans.Values];

    /// <summary>So many bans may be taken out, those that are kept least long first.</summary>
    public long BansTakenOut { get; private set; }

    /// <summary>The pages that are read.</summary>
    public IReadOnlyList<ClusterCommand.Read> Reads => _reads;

    /// <summary>Whether a torrent's source, if it is another after the commands, was written before them.</summary>
    public bool IsEarly(InfoHash torrent) => !_known.Contains(torrent) && !_loaded.Contains(torrent);

    /// <summary>What commands need.</summary>
    public static ClusterNeeds Of(ImmutableArray<ClusterCommand> commands)
    {
        var needs = new ClusterNeeds();
        foreach (var command in commands)
        {
            needs.OnlyReads &= command is ClusterCommand.Read or ClusterCommand.LoadSource;
            needs.IsQuiet &= command is ClusterCommand.Read or ClusterCommand.LoadSource or ClusterCommand.Renew or ClusterCommand.AcquireLease;
            needs.AllMembers |= command is not (ClusterCommand.Renew or ClusterCommand.Report or ClusterCommand.ReportGone or ClusterCommand.AddTorrent or ClusterCommand.ChangeTorrent or ClusterCommand.SetBan or ClusterCommand.LiftBan or ClusterCommand.Describe or ClusterCommand.LoadSource or ClusterCommand.ReleaseLease);
            if (!needs.AddMembership(command)) needs.AddPlacement(command);
        }

        return needs;
    }

    private bool AddMembership(ClusterCommand command)
    {
        switch (command)
        {
            case ClusterCommand.Join join: _locked.Add(join.EndPoint); return true;
            case ClusterCommand.Renew renew:
                _endPoints.Add(renew.Member.EndPoint);
                _locked.Add(renew.Member.EndPoint);
                return true;
            case ClusterCommand.SetState set: _locked.Add(set.Member.EndPoint); return true;
            case ClusterCommand.Suspect suspect:
                _locked.Add(suspect.Member.EndPoint);
                _locked.Add(suspect.Voter.EndPoint);
                return true;
            case ClusterCommand.DeclareExpired declare:
                _locked.Add(declare.Member.EndPoint);
                _locked.Add(declare.Judge.EndPoint);
                return true;
            case ClusterCommand.AcquireLease acquire:
                _locked.Add(acquire.Member.EndPoint);
                _taken.Add(acquire.Name);
                _leases.Add(acquire.Name);
                return true;
            default: return false;
        }
    }

    private void AddPlacement(ClusterCommand command)
    {
        switch (command)
        {
            case ClusterCommand.ReleaseLease release: _leases.Add(release.Name); break;
            case ClusterCommand.AddTorrent add:
                _torrents.Add(add.Wanted.Torrent);
                // A link is written only where there is no file, and peers are added to those that are known.
                if (ClusterTables.IsLink(add.Source) || !add.Hints.IsEmpty) _known.Add(add.Wanted.Torrent);
                if (add.Source.Length is > 0 and <= ClusterLimits.MaxSourceBytes && !ClusterTables.IsLink(add.Source)) _sources[add.Wanted.Torrent] = add.Source;
                break;
            case ClusterCommand.ChangeTorrent change: _torrents.Add(change.Torrent); break;
            case ClusterCommand.Describe describe:
                AddReport(describe.Member, describe.Torrent);
                _known.Add(describe.Torrent);
                break;
            case ClusterCommand.LoadSource load: _loaded.Add(load.Torrent); break;
            case ClusterCommand.Assign assign: AddPlan(assign.Torrent); break;
            case ClusterCommand.Drop drop: AddPlan(drop.Torrent); break;
            case ClusterCommand.Report report: AddReport(report.Member, report.Torrent); break;
            case ClusterCommand.ReportGone gone: AddReport(gone.Member, gone.Torrent); break;
            case ClusterCommand.Purge purge:
                _leases.Add(ClusterTables.PlannerLease);
                PurgeLimit += purge.Limit + 1L;
                BansTakenOut += purge.Limit;
                break;
            case ClusterCommand.SetBan set: AddBan(set.Ban.Address); break;
            case ClusterCommand.LiftBan lift: AddBan(lift.Address); break;
            case ClusterCommand.Read read: _reads.Add(read); break;
            default: throw new ArgumentException($"{command.GetType().Name} is not a command of the cluster's tables.", nameof(command));
        }
    }

    private void AddBan(IPAddress address)
    {
        _bans[address.ToString()] = address.GetAddressBytes();
        BansTakenOut++;
    }

    private void AddPlan(InfoHash torrent)
    {
        _leases.Add(ClusterTables.PlannerLease);
        _torrents.Add(torrent);
    }

    private void AddReport(MemberId member, InfoHash torrent)
    {
        _endPoints.Add(member.EndPoint);
        _torrents.Add(torrent);
    }
}
