using System.Collections.Immutable;
using System.Net;
using Swarm.Actors.Dht;
using Swarm.Actors.Torrents;
using Swarm.Api.Contracts;
using Swarm.Host;
using Swarm.Host.Api;
using Swarm.Host.Api.Catalogue;

namespace Swarm.Tests.Host.Api;

/// <summary>A node that does what it is told in its catalogue and nowhere else, and remembers what it was told.</summary>
internal sealed class FakeNode(TorrentCatalogue catalogue) : INodeModel
{
    private readonly Lock _gate = new();
    private readonly List<object> _commands = [];
    private readonly List<NewTorrent> _added = [];

    public NodeFacts Facts { get; set; } = new(NodePhase.Running, DateTimeOffset.UnixEpoch, [new IPEndPoint(IPAddress.Loopback, 6881)], 0, 0);

    /// <summary>What refuses each command, or null.</summary>
    public Func<object, string?> Refuses { get; set; } = _ => null;

    /// <summary>Which commands it gives no answer to.</summary>
    public Func<object, bool> IsSilentOn { get; set; } = _ => false;

    /// <summary>What a torrent looks like closely.</summary>
    public Func<TorrentRow, TorrentDetails> Details { get; set; } = Rows.Details;

    public bool IsDrained { get; private set; }

    public ImmutableArray<object> Commands
    {
        get
        {
            lock (_gate) return [.. _commands];
        }
    }

    public ImmutableArray<NewTorrent> Added
    {
        get
        {
            lock (_gate) return [.. _added];
        }
    }

    public Task AddAsync(NewTorrent torrent)
    {
        if (IsSilentOn(torrent)) throw new NoAnswerException("the node gave no answer within 30 s; what was asked for may be done all the same");
        if (Refuses(torrent) is { } reason) throw new SwarmException(reason);
        lock (_gate) _added.Add(torrent);
        catalogue.Put([new TorrentRow
        {
            Torrent = torrent.Source.Torrent,
            Name = torrent.Source.Metainfo?.Name ?? torrent.Source.Magnet?.DisplayName ?? "?",
            State = torrent.Options.Paused ? TorrentState.Stopped : TorrentState.Downloading,
            Folder = torrent.Options.Folder,
            Category = torrent.Options.Category,
            Labels = torrent.Options.Labels,
        }]);
        return Task.CompletedTask;
    }

    public Task<string?> CommandAsync(TorrentsActor.ITorrentCommand command)
    {
        lock (_gate) _commands.Add(command);
        if (IsSilentOn(command)) return Task.FromException<string?>(new NoAnswerException("the node gave no answer within 30 s; what was asked for may be done all the same"));
        if (Refuses(command) is { } reason) return Task.FromResult<string?>(reason);
        switch (command)
        {
            case TorrentsActor.Remove remove: catalogue.Remove(remove.Torrent); break;
            case TorrentsActor.Pause pause: catalogue.Put([catalogue.Find(pause.Torrent)!.Row with { State = TorrentState.Stopped }]); break;
            case TorrentsActor.Resume resume: catalogue.Put([catalogue.Find(resume.Torrent)!.Row with { State = TorrentState.Downloading }]); break;
        }

        return Task.FromResult<string?>(null);
    }

    public Task<TorrentDetails?> DetailsAsync(InfoHash torrent) => Task.FromResult(catalogue.Find(torrent) is { IsHere: true } entry ? Details(entry.Row) : null);

    public Task LimitAsync(long? downloadLimit, long? uploadLimit)
    {
        Facts = Facts with { DownloadLimit = downloadLimit ?? Facts.DownloadLimit, UploadLimit = uploadLimit ?? Facts.UploadLimit };
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<DhtStatus>> DhtAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<DhtStatus>>([]);

    public Task<(IReadOnlyList<IPEndPoint> Peers, bool More)> LookUpAsync(InfoHash torrent, int limit, CancellationToken cancellation) =>
        Task.FromResult<(IReadOnlyList<IPEndPoint>, bool)>(([new IPEndPoint(IPAddress.Parse("192.0.2.9"), 6881)], false));

    public ActorsSeen Actors(string under, int limit) => new(
        [new ActorItem("/user/node", "node", 1, "NodeActor", 3, 0, null, null, false), new ActorItem("/user/node/trackers", "trackers", 2, "TrackersActor", 9, 1, "InvalidOperationException: x", DateTimeOffset.UnixEpoch, false)], 2, 0, false);

    public bool RestartActor(string path) => path == "/user/node/trackers";

    public void Drain()
    {
        IsDrained = true;
        Facts = Facts with { Phase = NodePhase.Draining };
    }
}
