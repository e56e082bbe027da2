using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;

namespace Swarm.Actors.Net;

/// <summary>
/// One accepted connection until it has named its torrent. Child of <see cref="NetActor"/>, short-lived.
/// <para>
/// The link is granted exactly the part of the handshake up to the info-hash (48 bytes, BEP 3), so that when it is handed on not one byte is under way to the wrong owner. The peer id, which some
/// clients hold back until they are answered, is the next owner's to read.
/// </para>
/// <para>Fails by silence, by another protocol, by closing: each ends the link and this actor.</para>
/// </summary>
public sealed partial class IncomingActor : UntypedActor, IWithTimers
{
    private const string TimeoutKey = "timeout";

    private readonly IPeerLink _link;
    private readonly IActorRef _torrents;
    private readonly TimeSpan _timeout;
    private readonly ILogger _log;
    private readonly HandshakeDecoder _handshake = new();
    private readonly ImmutableArray<byte>.Builder _head = ImmutableArray.CreateBuilder<byte>(Handshake.IdentifiedSize);
    private bool _handedOn;

    private IncomingActor(IPeerLink link, IActorRef torrents, TimeSpan timeout, ILogger log)
    {
        _link = link;
        _torrents = torrents;
        _timeout = timeout;
        _log = log;
    }

    private sealed record TimedOut
    {
        public static readonly TimedOut Instance = new();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Takes charge of <paramref name="link"/>; tells <paramref name="torrents"/> which torrent it wants.</summary>
    public static Props Props(IPeerLink link, IActorRef torrents, TimeSpan timeout, ILogger log) => ActorProps.Create(() => new IncomingActor(link, torrents, timeout, log));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartSingleTimer(TimeoutKey, TimedOut.Instance, _timeout);
        _link.Limit(TransferDirection.Download, limited: true);
        _link.Grant(TransferDirection.Download, Handshake.IdentifiedSize);
        _link.Start(Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (!_handedOn) _link.Close();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IPeerLink.Received received: OnReceived(received.Data); break;
            case IPeerLink.QuotaSpent or IPeerLink.Sent: break;
            case IPeerLink.Closed closed: End(closed.Reason); break;
            case TimedOut: End("it did not say which torrent it wants"); break;
            default: Unhandled(message); break;
        }
    }

    private void OnReceived(SlabSlice data)
    {
        _head.AddRange(data.Span);
        var position = 0;
        var progress = _handshake.Read(data.Span, ref position);
        data.Release();
        if (progress == HandshakeProgress.Failed) End(_handshake.Error!.Reason);
        if (progress != HandshakeProgress.Identified || _handedOn) return;
        _handedOn = true;
        _torrents.Tell(new TorrentsActor.Incoming(_handshake.InfoHash, _link, _head.DrainToImmutable()));
        Context.Stop(Self);
    }

    private void End(string reason)
    {
        if (!_handedOn) LogEnd(_log, _link.Remote, reason);
        Context.Stop(Self);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Incoming connection from {Remote} ends before its handshake: {Reason}")]
    private static partial void LogEnd(ILogger log, IPEndPoint remote, string reason);
}
