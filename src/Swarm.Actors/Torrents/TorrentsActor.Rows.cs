using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;

namespace Swarm.Actors.Torrents;

// Taking everything up at a start, page by page, and telling rows: changed ones are gathered for a beat, so that each is told once a beat at most and many in one message.
public sealed partial class TorrentsActor
{
    private const string RowsKey = "rows";

    private IActorRef? _restorer;
    private int _restored;
    private int _failed;
    private long _lastTakenUp;
    private string? _except;

    private void OnRestore(Restore restore)
    {
        if (_drainer is not null || _restorer is not null) return;
        _restorer = Sender;
        _except = restore.Except;
        (_restored, _failed, _lastTakenUp) = (0, 0, 0);
        TakeUpNext();
    }

    private void TakeUpNext() => _services.Store.Tell(new StoreActor.Run(new StoreCommand.TakeUp(_lastTakenUp, _services.Settings.RestorePage), 0));

    private void OnTakenUp(StoreOutcome.TakenUp page)
    {
        if (_restorer is null) return;
        if (page.Torrents.IsEmpty || _drainer is not null)
        {
            EndRestore();
            return;
        }

        _lastTakenUp = page.Last;
        TakeUp(page.Torrents);
        TakeUpNext();
    }

    private void TakeUp(ImmutableArray<TakenTorrent> page)
    {
        var resting = ImmutableArray.CreateBuilder<RestingTorrent>(page.Length);
        foreach (var taken in page) TakeUp(taken, resting);
        PublishRows();
        if (resting.Count > 0) _announcer.Tell(new RestingActor.LieDown(resting.DrainToImmutable()));
    }

    private void TakeUp(TakenTorrent taken, ImmutableArray<RestingTorrent>.Builder resting)
    {
        if (_except is not null && LiesBelow(taken.Options.Folder, _except)) return;
        if (_atWork.TryGetValue(taken.Torrent, out var beingAdded) && beingAdded.Row is null) beingAdded.Taken = taken;
        if (beingAdded is not null || _resting.Contains(taken.Torrent)) return;
        _restored++;
        if (_atWork.Count + _resting.Count >= _services.Settings.MaxTorrents)
        {
            _failed++;
            LogNotTakenUp(_services.Log, taken.Torrent, $"the node has {_services.Settings.MaxTorrents} torrents, which is its limit");
            return;
        }

        if (RestingTorrents.Of(taken) is { } torrent)
        {
            if (taken.HeldBy is not null) _failed++;
            Changed(_resting.Add(torrent));
            if (torrent.IsServed) resting.Add(torrent);
        }
        else
        {
            // What it lies down as if it cannot work.
            Run(TorrentSource.FromStore(taken.Torrent), taken.Options, ActorRefs.Nobody).Rested = RestingTorrents.As(taken, TorrentState.Failed, null);
        }
    }

    private void OnTakingUpFailed(string reason)
    {
        if (_restorer is null) return;
        LogNotRestored(_services.Log, _restored, reason);
        _failed++;
        EndRestore();
    }

    private void EndRestore()
    {
        _restorer!.Tell(new Restored(_restored, _failed));
        _restorer = null;
    }

    private void LieDown(RestingTorrent torrent)
    {
        Changed(_resting.Add(torrent));
        if (torrent.IsServed) _announcer.Tell(new RestingActor.LieDown([torrent]));
    }

    private void OnRowTold(TorrentRow row)
    {
        if (!_atWork.TryGetValue(row.Torrent, out var torrent)) return;
        torrent.Row = row;
        Changed(row);
        if (row is { State: TorrentState.Seeding, ConnectedPeers: 0 }) torrent.Idle ??= _idle.AddLast(torrent);
        else NoLongerIdle(torrent);
        if (_idle.Count > _services.Settings.MaxIdle) LetRest();
    }

    private void NoLongerIdle(TorrentAtWork torrent)
    {
        if (torrent.Idle is not { } idle) return;
        _idle.Remove(idle);
        torrent.Idle = null;
    }

    // The longest idle of too many. Whether it can, it knows itself; one that cannot is idle again when it tells its next row.
    private void LetRest()
    {
        var torrent = _idle.First!.Value;
        NoLongerIdle(torrent);
        torrent.Actor.Tell(TorrentActor.RestEarly.Instance);
    }

    private void Changed(TorrentRow row)
    {
        _changedRows[row.Torrent] = row;
        if (_changedRows.Count == 1) Timers.StartSingleTimer(RowsKey, TellRows.Instance, _services.Settings.RowsGap);
    }

    private void PublishRows()
    {
        if (_changedRows.Count == 0) return;
        Context.System.EventStream.Publish(new TorrentRowsEvent.RowsChanged([.. _changedRows.Values]));
        _changedRows.Clear();
        Timers.Cancel(RowsKey);
    }

    private void RowGone(InfoHash torrent)
    {
        _changedRows.Remove(torrent);
        Context.System.EventStream.Publish(new TorrentRowsEvent.RowRemoved(torrent));
    }

    private ImmutableArray<TorrentRow> AllRows() =>
        [.. _resting.All.Select(torrent => torrent.Row).Concat(_atWork.Values.Where(torrent => torrent.Row is not null).Select(torrent => torrent.Row!)).OrderBy(row => row.Torrent)];

    [LoggerMessage(Level = LogLevel.Error, Message = "Torrent {Torrent} was not taken up: {Reason}")]
    private static partial void LogNotTakenUp(ILogger log, InfoHash torrent, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "After {Restored} torrents no more were taken up: {Reason}")]
    private static partial void LogNotRestored(ILogger log, int restored, string reason);
}
