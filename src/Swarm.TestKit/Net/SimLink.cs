using System.Net;
using Swarm.Actors.Ports;

namespace Swarm.TestKit.Net;

/// <summary>
/// An actor's end of a simulated connection, with the contract of <see cref="IPeerLink"/>. It reads while its owner's quota lasts and its owner does not keep too many slabs; what it does not read fills the window and
/// stops the other side. Closed is the last word, also to an owner it is handed to after that. When its host crashes it falls silent.
/// </summary>
internal sealed class SimLink : IPeerLink, IEndUser
{
    private static readonly IPeerLink.QuotaSpent DownloadQuotaSpent = new(TransferDirection.Download);
    private static readonly IPeerLink.QuotaSpent UploadQuotaSpent = new(TransferDirection.Upload);

    private readonly SimEnd _end;
    private readonly SimTcp _tcp;
    private IActorRef? _owner;
    private string? _reason;
    private Quota _quota;
    private bool _dry;
    private bool _reads;

    public SimLink(SimEnd end, SimTcp tcp)
    {
        _end = end;
        _tcp = tcp;
        end.User = this;
    }

    /// <inheritdoc/>
    public IPEndPoint Remote => _end.Remote;

    /// <inheritdoc/>
    public IPEndPoint Local => _end.Local;

    /// <inheritdoc/>
    public void Start(IActorRef owner)
    {
        if (!_end.IsAlive || owner.Equals(_owner)) return;
        _owner = owner;
        if (_reason is not null) Tell(new IPeerLink.Closed(_reason));
        else OnReadable();
    }

    /// <inheritdoc/>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        if (!_end.IsOpen) return true;
        if (!_end.Out.Outbox.TryAppend(bytes, _end.Host.Network.Settings)) return false;
        _end.Out.Wake();
        return true;
    }

    /// <inheritdoc/>
    public bool SendBlock(StorageId storage, BlockRequest block)
    {
        if (!_end.IsOpen) return true;
        if (!_end.Out.Outbox.TryAppend(storage, block, _end.Host.Network.Settings)) return false;
        _end.Out.Wake();
        return true;
    }

    /// <inheritdoc/>
    public bool CancelBlock(BlockRequest block) => _end.IsOpen && _end.Out.Outbox.TryCancel(block);

    /// <inheritdoc/>
    public void Limit(TransferDirection direction, bool limited)
    {
        if (direction == TransferDirection.Upload)
        {
            _end.Out.Limit(limited);
            return;
        }

        _quota.SetLimited(limited);
        StopBeingDry();
    }

    /// <inheritdoc/>
    public void Grant(TransferDirection direction, int bytes)
    {
        if (direction == TransferDirection.Upload)
        {
            _end.Out.Grant(bytes);
            return;
        }

        _quota.Grant(bytes);
        StopBeingDry();
    }

    /// <inheritdoc/>
    public void Close() => _end.End(NetReasons.Closed);

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (_reads || _dry || _owner is null) return;
        _reads = true;
        while (_end.IsOpen && (_end.In.Readable > 0 || _end.In.IsAtEnd) && TryRead())
        {
        }

        _reads = false;
    }

    /// <inheritdoc/>
    public void OnSent(SendTally tally) => Tell(new IPeerLink.Sent(tally.Blocks, tally.BlockBytes));

    /// <inheritdoc/>
    public void OnUploadDry() => Tell(UploadQuotaSpent);

    /// <inheritdoc/>
    public void OnClosed(string reason)
    {
        _reason = reason;
        _tcp.OnLinkClosed();
        Tell(new IPeerLink.Closed(reason));
    }

    // False: not now.
    private bool TryRead()
    {
        if (_quota.Available == 0)
        {
            _dry = true;
            Tell(DownloadQuotaSpent);
            return false;
        }

        if (_end.In.Readable == 0)
        {
            _end.End(NetReasons.Ended);
            return false;
        }

        if (_end.In.Inbox.NeedsNewSlab && _end.In.Inbox.Lent >= _end.Host.Network.Settings.SlabsPerLink) return false;
        var slice = _end.Read(_quota.Available);
        _quota.Spend(slice.Length);
        Tell(new IPeerLink.Received(slice));
        return true;
    }

    private void StopBeingDry()
    {
        if (!_dry || _quota.Available == 0) return;
        _dry = false;
        OnReadable();
    }

    private void Tell(object message) => _owner?.Tell(message, ActorRefs.NoSender);
}
