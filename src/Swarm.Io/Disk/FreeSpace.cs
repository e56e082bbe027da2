using Microsoft.Extensions.Logging;
using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// <see cref="ISpace"/> of the real world: asks the file system below a folder, or below the nearest one above it that is there. Asked on a thread of the pool, because a file system that is far away may take its time; one question is under way
/// at a time, and one that comes meanwhile is dropped, since whoever asks does so again.
/// </summary>
public sealed partial class FreeSpace(ILogger log) : ISpace
{
    private int _isMeasuring;

    /// <inheritdoc/>
    public void Measure(string folder, IActorRef replyTo)
    {
        if (Interlocked.Exchange(ref _isMeasuring, 1) == 1) return;
        ThreadPool.UnsafeQueueUserWorkItem(static job => job.Port.Ask(job.Folder, job.ReplyTo), (Port: this, Folder: folder, ReplyTo: replyTo), preferLocal: false);
    }

    private void Ask(string folder, IActorRef replyTo)
    {
        try
        {
            replyTo.Tell(new ISpace.Measured(Below(folder)), ActorRefs.NoSender);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            LogUnmeasured(log, folder, e.Message);
        }
        finally
        {
            Volatile.Write(ref _isMeasuring, 0);
        }
    }

    private static long Below(string folder)
    {
        var at = Path.GetFullPath(folder);
        while (!Directory.Exists(at) && Path.GetDirectoryName(at) is { } above) at = above;
        return new DriveInfo(at).AvailableFreeSpace;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How much room there is at {Folder} cannot be told: {Reason}")]
    private static partial void LogUnmeasured(ILogger log, string folder, string reason);
}
