using Swarm.Actors.Ports;
using Swarm.Actors.Trackers;

namespace Swarm.Actors.Torrents;

// Work on its files: moving them, naming them anew, removing them. What is to be done is recorded before the first file is touched, and a process that dies in the middle finishes it at its next start.
public sealed partial class TorrentActor
{
    private UnfinishedWork? _unfinished;
    private IActorRef? _mover;
    private IActorRef? _remover;
    private bool _isWorkingOnFiles;
    private bool _isGoing;
    private bool _isForgotten;

    private void Move(TorrentsActor.Move move, IActorRef asker)
    {
        var folder = Path.TrimEndingDirectorySeparator(move.Folder);
        if (!Path.IsPathFullyQualified(folder))
        {
            asker.Tell(new TorrentsActor.Refused(_torrent, $"{move.Folder} is not an absolute folder"));
        }
        else if (folder == Path.TrimEndingDirectorySeparator(_options.Folder))
        {
            asker.Tell(new TorrentsActor.Done(_torrent));
        }
        else if (move.MoveData && _metainfo is not null)
        {
            Begin(asker, new UnfinishedWork.Moving(folder));
        }
        else
        {
            Change(asker, _options with { Folder = folder }, _unfinished, () =>
            {
                if (_isAwake) BeginAnew(_options);
            });
        }
    }

    private void Rename(TorrentsActor.RenameFile rename, IActorRef asker)
    {
        var refusal = _metainfo is null ? "its files are not known yet" : TorrentFiles.WhyNotRenamed(Layout, rename.File, rename.NewPath);
        if (refusal is not null) asker.Tell(new TorrentsActor.Refused(_torrent, refusal));
        else if (Layout.Files[rename.File].Path == rename.NewPath) asker.Tell(new TorrentsActor.Done(_torrent));
        else Begin(asker, new UnfinishedWork.Renaming(rename.File, rename.NewPath));
    }

    private void Begin(IActorRef asker, UnfinishedWork work)
    {
        if (_state == TorrentState.Failed)
        {
            asker.Tell(new TorrentsActor.Refused(_torrent, $"the torrent has failed: {_reason}"));
            return;
        }

        _mover = asker;
        _isWorkingOnFiles = true;
        Change(ActorRefs.Nobody, _options, work, () =>
        {
            if (!_isAwake) StartWork();
            else _pieces?.Tell(new PiecesActor.Work(work));
        });
    }

    private void OnWorkDone(PiecesActor.WorkDone done)
    {
        var options = done.Work switch
        {
            UnfinishedWork.Moving moving => _options with { Folder = moving.Folder },
            UnfinishedWork.Renaming renaming => _options with { RenamedFiles = _options.RenamedFiles.SetItem(renaming.File, renaming.Path) },
            _ => _options,
        };
        _files = done.Files;
        _layout = null;
        EndWork(options, mover => mover.Tell(new TorrentsActor.Done(_torrent)));
    }

    private void OnWorkFailed(PiecesActor.WorkFailed failed)
    {
        LogStoreFailed(_log, Name, failed.Error.Message);
        EndWork(_options, mover => mover.Tell(new TorrentsActor.Refused(_torrent, failed.Error.Message)));
    }

    private void EndWork(TorrentOptions options, Action<IActorRef> answer)
    {
        // What a command is waiting for is written over with what it wrote; the work it will find done.
        RefusePending("its files were moved meanwhile; try again");
        Change(ActorRefs.Nobody, options, null, () =>
        {
            _isWorkingOnFiles = false;
            if (_mover is { } mover) answer(mover);
            _mover = null;
            _layout = null;
            TellRow();
        });
    }

    // It is to be forgotten, and that is on record: from here on it only ends.
    private void Go()
    {
        _isGoing = true;
        SetState(TorrentState.Stopping);
        Timers.Cancel(Beat.Instance);
        DisconnectAll("the torrent is removed");
        CloseWaiting();
        if (!_announcerGone) _announcer!.Tell(new AnnouncerActor.Stop(Stats()));
        ContinueStop();
    }

    private void RemoveFiles()
    {
        if (_unfinished is UnfinishedWork.Removal { DeleteData: true } && _metainfo is not null)
            Context.ActorOf(RemovalActor.Props(new StorageSpec(Layout, _options.Folder, _metainfo.PieceHashes!.Memory, _options.Allocation), _services.Ports.Disk, new StorageId(_random.NextInt64())), "removal");
        else OnFilesRemoved();
    }

    private void OnFilesRemoved() => Store(new StoreCommand.RemoveTorrent(_torrent, _token), StoreStep.Forgotten);

    private void OnFilesNotRemoved(DiskError error) => GiveUpRemoval(error.Message);

    private void OnNotForgotten(string reason) => GiveUpRemoval($"it cannot be recorded: {reason}");

    // The mark stays: it is tried again at the next start, or when the user asks again.
    private void GiveUpRemoval(string reason)
    {
        LogStoreFailed(_log, Name, reason);
        Context.Parent.Tell(new TorrentsActor.CannotWork(_torrent, reason));
        RefuseAll(reason);
        EndWith(saved: true);
    }

    private void OnForgotten()
    {
        _isForgotten = true;
        GiveBack();
    }

    private void EndForgotten()
    {
        _remover?.Tell(new TorrentsActor.Done(_torrent));
        while (_commands.TryDequeue(out var next)) next.Asker.Tell(next.Command is TorrentsActor.Remove ? new TorrentsActor.Done(_torrent) : new TorrentsActor.Unknown(_torrent));
        Context.Parent.Tell(new TorrentsActor.IsGone(_torrent));
        EndWith(saved: true);
    }
}
