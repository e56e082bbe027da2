using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;

namespace Swarm.Actors.Torrents;

// What is written down while the torrent runs, and the way to its end: the last record, then the storage, then the lease.
public sealed partial class TorrentActor
{
    private const string StopKey = "stop";
    private long _checkpointAt;
    private long _fileWatchAt;
    private int _checkpoints;
    private bool _dirty;
    private bool _allWasRecorded;
    private bool _saved;
    private StoreCommand.PutProgress? _toRecord;
    private StoreCommand.PutProgress? _onRecord;
    private int _recording;
    private bool _announcerGone = true;
    private bool _piecesClosing;
    private bool _piecesClosed;
    private bool _releasing;
    private ImmutableArray<FileFingerprint> _files = [];

    // The parent stops a torrent only when it stops all.
    private bool IsNodeStopping => _stoppers.Contains(Context.Parent);

    private void Checkpoint()
    {
        if (_checkpoints == 0 && _begun) AskCheckpoint();
    }

    // What is verified from here on may not be in it.
    private void AskCheckpoint()
    {
        // One that is still under way may be of writes that are not recorded yet.
        _allWasRecorded = !_dirty && _checkpoints == 0;
        _checkpoints++;
        _checkpointAt = Now();
        _dirty = false;
        _pieces!.Tell(new PiecesActor.Checkpoint());
    }

    private void EndRecord()
    {
        _saved = true;
        ContinueStop();
    }

    private void StoreProgress(StoreCommand.PutProgress put, StoreStep step)
    {
        _recording++;
        _onRecord = null;
        _toRecord = put;
        Store(put, step);
    }

    // What is on record is known when nothing more is under way.
    private void OnProgressAnswered(bool isStored)
    {
        _recording--;
        if (!isStored)
        {
            _toRecord = null;
            _dirty = true;
        }
        else if (_recording == 0)
        {
            _onRecord = _toRecord;
        }
    }

    // A seed that is only watched is not written down again and again.
    private static bool SaysTheSame(StoreCommand.PutProgress? recorded, StoreCommand.PutProgress next) =>
        recorded is { Summary: { } before } && next is { Summary: { } after } && recorded.Token == next.Token
        && before with { TrackerTiers = after.TrackerTiers } == after && before.TrackerTiers.Length == after.TrackerTiers.Length && before.TrackerTiers.Zip(after.TrackerTiers, static (a, b) => a.SequenceEqual(b)).All(static same => same)
        && recorded.Progress with { Verified = [], Files = [] } == next.Progress with { Verified = [], Files = [] } && recorded.Progress.Verified.SequenceEqual(next.Progress.Verified) && recorded.Progress.Files.SequenceEqual(next.Progress.Files);

    private StoreCommand.PutProgress PutProgress(ImmutableArray<byte> verified, ImmutableArray<FileFingerprint> files) => new(_torrent, _token, Progress(verified, files)) { Summary = Summarise() };

    private ProgressRecord Progress(ImmutableArray<byte> verified, ImmutableArray<FileFingerprint> files) =>
        new(verified, files, (_progress?.Downloaded ?? 0) + _peers.Downloaded, (_progress?.Uploaded ?? 0) + _peers.Uploaded, _verified!.IsFull);

    private void OnCheckpointed(PiecesActor.Checkpointed checkpointed)
    {
        if (_checkpoints > 0) _checkpoints--;
        // The last one counts when stopping; whatever fails, or is to be forgotten, nothing more is recorded.
        if (_state == TorrentState.Failed || _isGoing || (IsEnding && _checkpoints > 0)) return;
        if (ProblemWith(checkpointed) is { } problem)
        {
            LogStoreFailed(_log, Name, problem);
            if (_state != TorrentState.Stopping) Fail(problem);
            ContinueStopIfEnding();
            return;
        }

        _files = checkpointed.Files;
        var last = IsEnding;
        var put = PutProgress(checkpointed.Verified, checkpointed.Files);
        if (!SaysTheSame(_onRecord, put)) StoreProgress(put, last ? StoreStep.LastProgress : StoreStep.Progress);
        else if (last) EndRecord();
        if (_finished && _dirty && !last) Checkpoint();
    }

    // Files that nobody writes must stay as they were; files that are being written must at least be there. What is wrong is not recorded, so that the next start sees it too.
    private string? ProblemWith(PiecesActor.Checkpointed checkpointed)
    {
        var layout = Layout;
        if (_finished && _allWasRecorded && !_dirty && !_files.SequenceEqual(checkpointed.Files)) return FileProblems.DescribeChange(layout, _files, checkpointed.Files, _options.Folder, _options.SeedOnly);
        var verified = Bitfield.FromWire(checkpointed.Verified.AsSpan(), layout.Geometry.PieceCount)!;
        return FileProblems.DescribeGone(layout, verified, checkpointed.Files, _options.Folder, _options.SeedOnly);
    }

    private void OnCheckpointFailed(DiskError error)
    {
        if (_checkpoints > 0) _checkpoints--;
        _dirty = true;
        LogStoreFailed(_log, Name, error.Message);
        // After a flush that failed nobody knows which bytes are lost, and a later one that succeeds proves nothing: what was recorded before holds, the rest is hashed at the next start.
        if (_state != TorrentState.Stopping) Fail($"what was fetched last cannot be forced to disk: {error.Message}");
        if (_checkpoints == 0) ContinueStopIfEnding();
    }

    private void OnStop(Stop stop)
    {
        if (_isLeaving)
        {
            ComeLate(stop);
            return;
        }

        if (!_stoppers.Contains(Sender)) _stoppers.Add(Sender);
        // Only a node that stops cannot wait. One that lives on keeps the lease until the disk has done what it was told: whoever takes it next may see the same files.
        if (IsNodeStopping) Timers.StartSingleTimer(StopKey, StopTimedOut.Instance, _services.Settings.StopTimeout);
        if (_state == TorrentState.Stopping) return;
        // Before it is acknowledged it is neither here nor there; that will be decided in a moment.
        if (_acknowledged) BeginStop();
    }

    private void BeginStop()
    {
        var toRecord = _begun && _state is not TorrentState.Failed && !_piecesClosed;
        SetState(TorrentState.Stopping);
        Timers.Cancel(Beat.Instance);
        DisconnectAll("the torrent is stopping");
        if (!_announcerGone) _announcer!.Tell(new AnnouncerActor.Stop(Stats()));
        if (toRecord) AskCheckpoint();
        else ContinueStop();
    }

    private void ContinueStopIfEnding()
    {
        if (IsEnding) ContinueStop();
    }

    // After the last record: the storage closes, then the lease goes back.
    private void ContinueStop() => ClosePieces();

    private void ClosePieces()
    {
        if (_pieces is null || _piecesClosed)
        {
            OnPiecesClosed();
        }
        else if (!_piecesClosing)
        {
            _piecesClosing = true;
            _pieces.Tell(new PiecesActor.Close());
        }
    }

    private void OnPiecesClosed()
    {
        _piecesClosed = true;
        // Files are not removed while it may yet be recorded that they are kept.
        if (!IsEnding || _releasing || (_isGoing && _recording > 0)) return;
        _releasing = true;
        if (_isLeaving) EndRest();
        else if (_isGoing) RemoveFiles();
        else GiveBack();
    }

    // A lease that nobody gives back is held for as long as this node's session lasts, which may be for ever.
    private void GiveBack() => Store(new StoreCommand.ReleaseLease(_torrent, _token), StoreStep.Released);

    private void OnNotReleased()
    {
        if (IsNodeStopping) OnReleased();
        else Timers.StartSingleTimer(GiveBackAgain.Instance, GiveBackAgain.Instance, _services.Settings.GiveBackInterval);
    }

    // Restarted too often: a bug that the same state brings again and again.
    private void OnPiecesLost()
    {
        _piecesClosed = true;
        if (IsEnding) ContinueStop();
        else Fail("its piece manager failed again and again; the log says why, start the torrent anew with --recheck");
    }

    private void OnReleased()
    {
        _token = 0;
        if (!_acknowledged) EndWith(saved: true);
        else if (_announcerGone || _isForgotten) EndStop();
    }

    private void OnAnnouncerStopped()
    {
        _announcerGone = true;
        if (_isLeaving) EndRest();
        else if (_state == TorrentState.Stopping && _token == 0) EndStop();
    }

    private void EndStop()
    {
        if (_isLeaving)
        {
            // What does not end in time ends without having been recorded.
            _announcerGone = _releasing = true;
            EndRest();
            return;
        }

        if (_isForgotten)
        {
            EndForgotten();
            return;
        }

        SetState(TorrentState.Stopped);
        RefuseAll("the node is stopping");
        EndWith(_saved);
    }
}
