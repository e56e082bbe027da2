using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Node;
using Swarm.Actors.Torrents;
using Swarm.Host.Commands;

namespace Swarm.Host.Demo;

/// <summary>One node of the demonstration: the seed or a leecher, a whole node with state and content folders of its own, reached by real connections only.</summary>
internal sealed class DemoMember : IAsyncDisposable
{
    private readonly SwarmNode _node;
    private TorrentSource? _source;

    private DemoMember(SwarmNode node, string name, string folder)
    {
        _node = node;
        Name = name;
        Folder = folder;
    }

    /// <summary>What it is called on screen.</summary>
    public string Name { get; }

    /// <summary>Where its content lies below.</summary>
    public string Folder { get; }

    /// <summary>Where others reach it.</summary>
    public IPEndPoint EndPoint => _node.Listen[0];

    /// <summary>When everything was there, in time since the start of the transfer; null before that.</summary>
    public TimeSpan? CompletedAfter { get; private set; }

    /// <summary>Starts a node at any free port of <paramref name="address"/>, its folders below <paramref name="root"/>.</summary>
    public static async Task<DemoMember> StartAsync(string name, string root, string contentFolder, IPAddress address, CommonSettings settings, ILoggerFactory logs)
    {
        var limited = settings with { Bind = address, Dht = null };
        var node = await SwarmNode.StartAsync(Path.Join(root, $"{name} state"), limited.ForNode([new IPEndPoint(address, 0)]), settings.Swarm.Io, logs).ConfigureAwait(false);
        return new DemoMember(node, name, contentFolder);
    }

    /// <summary>Gives it the torrent.</summary>
    public Task AddAsync(TorrentSource source, TorrentOptions options)
    {
        _source = source;
        return _node.AddAsync(source, options with { Folder = Folder });
    }

    /// <summary>Where it stands.</summary>
    public async Task<TorrentStatus> StatusAsync() =>
        await _node.StatusAsync(_source!.Torrent).ConfigureAwait(false) ?? throw new SwarmException($"{Name} has stopped unexpectedly; run with --verbose for details");

    /// <summary>Ends when everything is there; <paramref name="began"/> is the start of the transfer.</summary>
    /// <exception cref="SwarmException">It failed.</exception>
    public async Task CompleteAsync(long began, CancellationToken cancellation)
    {
        await foreach (var happening in _node.Events.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            switch (happening)
            {
                case TorrentEvent.StateChanged { State: TorrentState.Seeding }:
                    CompletedAfter = Stopwatch.GetElapsedTime(began);
                    return;
                case TorrentEvent.StateChanged { State: TorrentState.Failed or TorrentState.Waiting } failed: throw new SwarmException($"{Name}: {failed.Reason}");
                case NodeActor.Broken broken: throw new SwarmException($"{Name}: {broken.Reason}");
            }
        }

        throw new SwarmException($"{Name} has ended unexpectedly; run with --verbose for details");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
