using Microsoft.Extensions.Logging;
using Swarm.Protocol.Cluster;

namespace Swarm.Actors.Cluster;

// The end of a node in good order, and what is logged.
public sealed partial class MembersActor
{
    private MemberState _leaveTo;
    private bool _leavesAgain;

    private void OnLeave()
    {
        _leaver = Sender;
        _isLeaving = true;
        if (_self.IsNobody)
        {
            EndLeave();
            return;
        }

        // Down by its own hand: the others wait for it as for any process that starts again. One that was drained has left, and nobody waits.
        _leaveTo = _state == MemberState.Draining ? MemberState.Left : MemberState.Down;
        Timers.StartSingleTimer(nameof(LeaveExpired), LeaveExpired.Instance, _settings.LeaveTimeout);
        DoLeave();
    }

    // Where the table has another version meanwhile, the next view brings it.
    private void DoLeave()
    {
        _leavesAgain = false;
        Do(new ClusterCommand.SetState(_self, _leaveTo, _view.Version), Step.Leave);
        _table.Tell(new TableActor.Refresh());
    }

    private void EndLeave()
    {
        Timers.Cancel(nameof(LeaveExpired));
        _leaver?.Tell(new Left());
        _leaver = null;
        _self = default;
    }

    // Shared by all incarnations. The disk has heard of every generation that this process had, and takes none that is smaller.
    private sealed class Kept
    {
        public long LastGeneration { get; set; }
    }

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }

    private sealed record Renewal
    {
        public static readonly Renewal Instance = new();
    }

    private sealed record LeaveExpired
    {
        public static readonly LeaveExpired Instance = new();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This node is {Self}")]
    private static partial void LogJoined(ILogger log, MemberId self);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Self} has ended: {Reason}. What it ran is stopped, and it joins anew")]
    private static partial void LogEnded(ILogger log, MemberId self, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The session was not renewed in time: torrents stand still until the database answers")]
    private static partial void LogStopping(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The session was not renewed: {Reason}")]
    private static partial void LogNotRenewed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This node may not join: {Reason}")]
    private static partial void LogRefused(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Member} does not answer; this node votes that it is dead")]
    private static partial void LogAccusing(ILogger log, MemberId member);

    [LoggerMessage(Level = LogLevel.Information, Message = "The session of {Member} ran out; this node declares it dead")]
    private static partial void LogExpired(ILogger log, MemberId member);
}
