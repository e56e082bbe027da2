using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Protocol.Swarming;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Torrents;

/// <summary>
/// Fetches the info dictionary of a magnet link from the torrent's peers (BEP 9). Child of <see cref="TorrentActor"/>; when it has told <see cref="Fetched"/> its work is done and the torrent stops it.
/// All decisions are <see cref="MetadataAssembly"/>'s; peers send what this actor asks for and pass on what comes. Restarted after a bug it knows no peers, says so (<see cref="Restarted"/>), and the
/// torrent has them offer themselves anew (<see cref="PeerActor.FetchMetadata"/>).
/// </summary>
public sealed partial class MetadataActor : UntypedActor, IWithTimers
{
    private const string DeadlineKey = "deadline";

    private readonly MetadataAssembly _assembly;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SortedDictionary<PeerKey, IActorRef> _peers = [];
    private readonly List<MetadataRequest> _requests = [];

    private MetadataActor(MetadataTarget target, WireSettings settings, TimeProvider time, ILogger log)
    {
        _assembly = new MetadataAssembly(target, settings);
        _time = time;
        _log = log;
    }

    /// <summary>A peer speaks ut_metadata; the size as it claims, or null.</summary>
    public sealed record PeerOffers(PeerKey Key, IActorRef Peer, int? Size);

    /// <summary>A peer is gone.</summary>
    public sealed record PeerLeft(PeerKey Key);

    /// <summary>A piece came; the total size as claimed with it, or 0.</summary>
    public sealed record PieceReceived(PeerKey Key, int Piece, int TotalSize, ImmutableArray<byte> Bytes);

    /// <summary>A peer refused a piece.</summary>
    public sealed record PieceRejected(PeerKey Key, int Piece);

    /// <summary>To the torrent: the info dictionary, exactly as it hashes.</summary>
    public sealed record Fetched(ReadOnlyMemory<byte> Info);

    /// <summary>To the torrent: a peer sent metadata that does not hash.</summary>
    public sealed record Liar(PeerKey Key);

    /// <summary>To the torrent: what the peers had offered is forgotten.</summary>
    public sealed record Restarted;

    private sealed record Deadline
    {
        public static readonly Deadline Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A fetcher of what hashes to <paramref name="target"/>.</summary>
    public static Props Props(MetadataTarget target, WireSettings settings, TimeProvider time, ILogger log) => ActorProps.Create(() => new MetadataActor(target, settings, time, log));

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        Context.Parent.Tell(new Restarted());
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PieceReceived received: OnReceived(received); break;
            case PeerOffers offers: OnOffers(offers); break;
            case PieceRejected rejected: _assembly.Rejected((int)rejected.Key.Value, rejected.Piece, Now()); Ask(); break;
            case PeerLeft left: OnLeft(left.Key); break;
            case Deadline: Ask(); break;
            default: Unhandled(message); break;
        }
    }

    private long Now() => _time.GetElapsedTime(0).Ticks;

    private void OnOffers(PeerOffers offers)
    {
        _peers[offers.Key] = offers.Peer;
        _assembly.PeerChanged((int)offers.Key.Value, offers.Size);
        Ask();
    }

    private void OnLeft(PeerKey key)
    {
        _peers.Remove(key);
        _assembly.PeerLeft((int)key.Value);
        Ask();
    }

    private void OnReceived(PieceReceived received)
    {
        var progress = _assembly.Data((int)received.Key.Value, received.Piece, received.TotalSize, received.Bytes.AsSpan(), Now());
        if (progress == MetadataProgress.Mismatch) LogMismatch(_log, _assembly.Mismatches);
        foreach (var liar in _assembly.TakeLiars()) Context.Parent.Tell(new Liar(new PeerKey(liar)));
        if (progress == MetadataProgress.Complete) Context.Parent.Tell(new Fetched(_assembly.Metadata!.Value));
        else Ask();
    }

    private void Ask()
    {
        _requests.Clear();
        _assembly.NextRequests(Now(), _requests);
        foreach (var request in _requests)
        {
            if (_peers.TryGetValue(new PeerKey(request.Peer), out var peer)) peer.Tell(new PeerActor.RequestMetadata(request.Piece));
        }

        if (_assembly.NextDeadline(Now()) is { } deadline) Timers.StartSingleTimer(DeadlineKey, Deadline.Instance, TimeSpan.FromTicks(Math.Max(deadline - Now(), TimeSpan.TicksPerMillisecond)));
        else Timers.Cancel(DeadlineKey);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Metadata did not match its hash, for the {Count}. time")]
    private static partial void LogMismatch(ILogger log, int count);
}
