using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Cluster;
using Swarm.Protocol.Magnets;
using Swarm.Protocol.Metainfo;

namespace Swarm.Actors.Cluster;

// What is told to the torrents' supervisor, and what it answers.
public sealed partial class ReplicasActor
{
    private readonly SortedDictionary<InfoHash, long> _notBefore = [];
    private readonly SortedDictionary<MemberId, ImmutableArray<IPEndPoint>> _endPoints = [];
    private SiteTable? _sites;

    // Whether it needs no other look: not before it has a place to start.
    private bool Start(InfoHash torrent)
    {
        if (_notBefore.GetValueOrDefault(torrent) > Now()) return false;
        if (_starting.Count >= _settings.MaxStarting)
        {
            _toStart.Add(torrent);
            return true;
        }

        _starting[torrent] = Now();
        _notBefore.Remove(torrent);
        _here[torrent] = new Local { Phase = Phase.Reading, RefusedSince = _here.GetValueOrDefault(torrent)?.RefusedSince };
        Ask(new ClusterCommand.LoadSource(torrent), torrent);
        return false;
    }

    private void OnSource(InfoHash torrent, ClusterOutcome.Source loaded)
    {
        if (!_here.TryGetValue(torrent, out var local) || local.Phase != Phase.Reading) return;
        // Much may have changed since it was asked for.
        if (!_mayWrite || _isHalted || _self.IsNobody || _view.Torrents.GetValueOrDefault(torrent) is not { } placed)
        {
            _here.Remove(torrent);
            _toLookAt.Add(torrent);
            EndStart(torrent);
            return;
        }

        if (Parse(loaded.Bytes) is not { } source || source.Torrent != torrent)
        {
            // It was parsed when it was added; this is not what was added.
            Refuse(torrent, local, "it has no usable source in the cluster's tables; remove it and add it again", isForGood: true);
            return;
        }

        if (source.Problem is { } problem)
        {
            Refuse(torrent, local, problem, isForGood: true);
            return;
        }

        local.Phase = Phase.Starting;
        local.PeersToldAt = Now();
        local.Group = GroupOf(placed);
        local.Told = placed.Wanted;
        local.Link = source.Magnet;
        local.MayBePrivate = source.Metainfo is not { IsPrivate: false };
        var wanted = placed.Wanted;
        var options = new TorrentOptions
        {
            Folder = FolderOf(torrent),
            Peers = PeersOf(local.Group),
            Hints = HintsOf(loaded.Hints),
            Group = local.Group,
            Sequential = wanted.IsSequential,
            DownloadLimit = wanted.DownloadLimit,
            UploadLimit = wanted.UploadLimit,
        };
        LogStarting(_log, torrent);
        _torrents.Tell(new TorrentsActor.Add(source, options) { Within = _settings.Folder });
    }

    // What is none was none in the link.
    private static ImmutableArray<HostEndPoint> HintsOf(ImmutableArray<string> hints)
    {
        var peers = ImmutableArray.CreateBuilder<HostEndPoint>();
        foreach (var hint in hints)
        {
            if (HostEndPoint.TryParse(hint, out var peer)) peers.Add(peer);
        }

        return peers.ToImmutable();
    }

    private string FolderOf(InfoHash torrent) => $"{_settings.Folder.TrimEnd('/')}/{torrent}";

    private static TorrentSource? Parse(ImmutableArray<byte> bytes)
    {
        if (bytes.AsSpan().StartsWith("magnet:"u8))
        {
            return MagnetLink.TryParse(Encoding.UTF8.GetString(bytes.AsSpan()), out var link, out _) && link.WireHash is not null ? TorrentSource.FromMagnet(link) : null;
        }

        var array = ImmutableCollectionsMarshal.AsArray(bytes);
        return MetainfoParser.TryParse(array.AsMemory(), MetainfoLimits.Default, out var metainfo, out _) ? TorrentSource.FromFile(metainfo, bytes) : null;
    }

    // The other replicas, and where their nodes listen for peers. Those are dialled before anybody else is, and never given up.
    private ReplicaGroup GroupOf(PlacedTorrent placed) => new()
    {
        Torrent = placed.Wanted.Torrent,
        Self = Storage,
        Others = [.. placed.Replicas.Where(static replica => replica.State is ReplicaState.Assigned or ReplicaState.Complete).Concat(Expected(placed)).Where(replica => replica.Storage != Storage).OrderBy(static replica => replica.Storage, StringComparer.Ordinal)
            .Select(replica => new ReplicaPeer(replica.Storage, replica.State == ReplicaState.Complete, EndPointsOf(replica.Storage, placed.Wanted.Torrent)))],
        Fetching = _settings.OutsideFetch,
        IsAnnouncer = ReplicaGroup.AnnouncerOf(placed, storage => _view.RunnerOf(storage, placed.Wanted.Torrent) is not null) is not { } announcer || announcer == Storage,
    };

    // Replicas are assigned one after the other, within seconds: the first does not begin with the shares of those that are about to come. Where each will be, every node can tell.
    private IEnumerable<Replica> Expected(PlacedTorrent placed)
    {
        var missing = placed.Wanted.Replicas - placed.Replicas.Count(static replica => replica.State is ReplicaState.Assigned or ReplicaState.Complete);
        if (missing <= 0) return [];
        _sites ??= new SiteTable(_view, _settings.Placement);
        var desired = PlacementRule.Desired(placed, _sites, Rendezvous.Rank(placed.Wanted.Torrent, _sites.Here), _settings.Placement);
        return desired.Where(site => placed.At(site.Storage) is null).Take(missing).Select(static site => new Replica(site.Storage, ReplicaState.Assigned));
    }

    private ImmutableArray<IPEndPoint> EndPointsOf(string storage, InfoHash torrent)
    {
        if (_view.RunnerOf(storage, torrent) is not { } runner || _view.Find(runner) is not { } member) return [];
        // One list for all torrents: it is kept with each.
        if (_endPoints.TryGetValue(runner, out var known)) return known;
        var ends = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var end in member.Traits.PeerEndPoints)
        {
            if (IPEndPoint.TryParse(end, out var parsed)) ends.Add(parsed);
        }

        return _endPoints[runner] = ends.ToImmutable();
    }

    private static ImmutableArray<IPEndPoint> PeersOf(ReplicaGroup group) => [.. group.Others.SelectMany(static other => other.EndPoints)];

    private void TellGroup(PlacedTorrent placed, Local local)
    {
        var group = GroupOf(placed);
        if (group == local.Group) return;
        local.Group = group;
        _torrents.Tell(new TorrentsActor.SetGroup(placed.Wanted.Torrent, group), ActorRefs.Nobody);
    }

    private void TellPeers(PlacedTorrent placed, Local local, long now)
    {
        local.PeersToldAt = now;
        var peers = PeersOf(GroupOf(placed));
        if (!peers.IsEmpty) _torrents.Tell(new TorrentsActor.AddPeers(placed.Wanted.Torrent, peers), ActorRefs.Nobody);
    }

    private void TellOptions(WantedTorrent wanted, Local local)
    {
        var told = local.Told;
        local.Told = wanted;
        if (told is null || (told.IsSequential == wanted.IsSequential && told.DownloadLimit == wanted.DownloadLimit && told.UploadLimit == wanted.UploadLimit)) return;
        var changes = new TorrentChanges { Sequential = wanted.IsSequential, DownloadLimit = wanted.DownloadLimit, UploadLimit = wanted.UploadLimit };
        _torrents.Tell(new TorrentsActor.Configure(wanted.Torrent, changes), ActorRefs.Nobody);
    }

    // Asked again until the tables say it: the answer, or what is written by it, may be lost.
    private void AskDetails(InfoHash torrent, Local local, long now)
    {
        local.DescribedAt = now;
        _torrents.Tell(new TorrentsActor.GetDetails(torrent));
    }

    // What the link brought, for the tables: then others need not fetch it, and placement knows how long it is.
    private void OnDetails(TorrentDetails details)
    {
        if (details.Metainfo is not { } metainfo || !_here.TryGetValue(details.Row.Torrent, out var local) || local is not { Phase: Phase.Running, Link: { } link } || !_mayWrite || _self.IsNobody) return;
        var length = metainfo.Layout.Geometry.TotalLength;
        if (length == 0 || _view.Torrents.GetValueOrDefault(details.Row.Torrent) is not { Wanted.Length: 0 })
        {
            local.Link = null;
            return;
        }

        // Only a link can say which files of the torrent are wanted.
        var file = link.Selection.IsEverything ? MetainfoFile.Of(metainfo) : [];
        var isUsable = file.Length <= Math.Min(MetainfoLimits.Default.MaxFileBytes, ClusterLimits.MaxSourceBytes) && Parse(file)?.Torrent == details.Row.Torrent;
        var name = metainfo.Name.Length > ClusterLimits.MaxNameLength ? metainfo.Name[..ClusterLimits.MaxNameLength] : metainfo.Name;
        Ask(new ClusterCommand.Describe(_self, details.Row.Torrent, name, length, isUsable ? file : [])
        {
            Hints = [.. link.Peers.Take(ClusterLimits.MaxHints).Select(static peer => peer.ToString())],
        }, details.Row.Torrent);
    }

    private void OnAdded(InfoHash torrent)
    {
        if (!_here.TryGetValue(torrent, out var local))
        {
            StopLeft(torrent);
            return;
        }

        // One that was to be stopped meanwhile is being stopped.
        if (local.Phase == Phase.Starting)
        {
            local.Phase = Phase.Running;
            local.RefusedSince = null;
        }

        _toLookAt.Add(torrent);
    }

    private void OnAddFailed(TorrentActor.AddFailed failed)
    {
        // Of one that is being stopped it will be said that it has.
        if (!_here.TryGetValue(failed.Torrent, out var local) || local.Phase != Phase.Starting) return;
        if (failed.Folder is not { } folder) Refuse(failed.Torrent, local, failed.Reason, isForGood: false);
        else if (TorrentsActor.LiesBelow(folder, _settings.Folder)) Stop(failed.Torrent, local);
        else Refuse(failed.Torrent, local, $"the node has this torrent for itself, in {folder}; it is placed here when it is removed there", isForGood: true);
    }

    // It is not there and will not be for now.
    private void Refuse(InfoHash torrent, Local local, string reason, bool isForGood)
    {
        LogNotStarted(_log, torrent, reason);
        var now = Now();
        var since = local.RefusedSince ??= now;
        var hasFailed = isForGood || now - since >= _settings.RetryDelay.Ticks;
        local.Phase = Phase.Refused;
        local.HasNothing = isForGood;
        local.Actual = hasFailed ? FailedBy(reason) : null;
        Later(torrent, hasFailed ? _settings.RetryDelay : _settings.RetryDelay / 4);
        EndStart(torrent);
    }

    private void OnRows(ImmutableArray<TorrentRow> rows)
    {
        foreach (var row in rows)
        {
            if (TorrentsActor.LiesBelow(row.Folder, _settings.Folder) && !_here.ContainsKey(row.Torrent)) StopLeft(row.Torrent);
        }
    }

    // It was started by an incarnation before this one. What was known of it is lost, so it begins anew if it is to run.
    private void StopLeft(InfoHash torrent)
    {
        var local = new Local();
        _here.Add(torrent, local);
        Stop(torrent, local);
    }

    private void Stop(InfoHash torrent, Local local)
    {
        local.Phase = Phase.Stopping;
        local.AskedAt = Now();
        LogStopping(_log, torrent);
        Tell(new TorrentActor.Stop(torrent));
    }

    // What ends a torrent may reach none but the cluster's own.
    private void Tell(TorrentsActor.ITorrentCommand command) => _torrents.Tell(new TorrentsActor.CommandWithin(_settings.Folder, command));

    private void OnStopped(InfoHash torrent)
    {
        if (!_here.TryGetValue(torrent, out var local) || local.Phase != Phase.Stopping) return;
        _here.Remove(torrent);
        _toLookAt.Add(torrent);
        EndStart(torrent);
    }

    // Its files, its record and its lease, by whoever has them.
    private bool Forget(InfoHash torrent, Local local, bool deletesData)
    {
        if (_notBefore.GetValueOrDefault(torrent) > Now()) return false;
        local.Phase = Phase.Leaving;
        LogForgetting(_log, torrent);
        Tell(new TorrentsActor.Remove(torrent, deletesData));
        return false;
    }

    private void OnForgotten(InfoHash torrent)
    {
        if (!_here.TryGetValue(torrent, out var local) || local.Phase != Phase.Leaving) return;
        _here.Remove(torrent);
        _forgotten.Add(torrent);
        _toLookAt.Add(torrent);
        EndStart(torrent);
    }

    private void OnNotForgotten(TorrentsActor.Refused refused)
    {
        if (!_here.TryGetValue(refused.Torrent, out var local) || local.Phase != Phase.Leaving) return;
        LogNotForgotten(_log, refused.Torrent, refused.Reason);
        local.Phase = Phase.Running;
        Later(refused.Torrent, _settings.RetryDelay / 4);
    }

    private void OnUnknown(InfoHash torrent)
    {
        OnStopped(torrent);
        OnForgotten(torrent);
    }

    private void StopAll()
    {
        foreach (var (torrent, local) in _here.ToArray())
        {
            // What is only being read is dropped when it comes.
            if (local.Phase is Phase.Running or Phase.Starting) Stop(torrent, local);
        }
    }

    private void Later(InfoHash torrent, TimeSpan delay)
    {
        _notBefore[torrent] = Now() + delay.Ticks;
        _toLookAt.Add(torrent);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Torrent} is placed here and starts")]
    private static partial void LogStarting(ILogger log, InfoHash torrent);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Torrent} stops here")]
    private static partial void LogStopping(ILogger log, InfoHash torrent);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Torrent} is forgotten here")]
    private static partial void LogForgetting(ILogger log, InfoHash torrent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Torrent} cannot be forgotten yet: {Reason}")]
    private static partial void LogNotForgotten(ILogger log, InfoHash torrent, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Torrent} does not start: {Reason}")]
    private static partial void LogNotStarted(ILogger log, InfoHash torrent, string reason);
}
