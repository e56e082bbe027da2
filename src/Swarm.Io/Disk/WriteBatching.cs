namespace Swarm.Io.Disk;

/// <summary>What <see cref="DiskSettings.Device"/> says: what the disk is written to as.</summary>
public enum DeviceChoice
{
    /// <summary>What the system says of the device that a torrent lies on; as solid where it says nothing.</summary>
    Auto,

    /// <summary>One without a head to move, whatever the system says.</summary>
    Solid,

    /// <summary>One with a head, whatever the system says.</summary>
    Rotational,
}

/// <summary>What a worker has gathered and not written, and how the engine is off.</summary>
/// <param name="Bytes">Gathered by this worker.</param>
/// <param name="Age">Since the first of them came.</param>
/// <param name="QueuedBytes">Waiting to be written in the whole engine, these among them.</param>
/// <param name="IsDry">Whether links wait for slabs.</param>
internal readonly record struct GatheredWrites(long Bytes, TimeSpan Age, long QueuedBytes, bool IsDry);

/// <summary>
/// How blocks are gathered for a device. <b>Solid</b> and unknown: what a turn brought is written at its end. <b>Rotational</b>: a piece is written when it is whole, with one call a file; what is in pieces that are not whole is held back
/// for its neighbours, by one worker for all torrents on the device, and written in order of torrent and offset. So the head moves once a piece instead of once a few blocks, and never to and fro between two workers.
/// <para>
/// Always holds: what is held counts as waiting (<see cref="DiskPressure"/>), and holding ends as soon as what waits in the engine is more than the low-water mark, so no peer is ever stopped by it; it ends also when links have no slabs, when a fence of
/// the torrent waits, when something of the piece is read, and after <see cref="Hold"/>.
/// </para>
/// </summary>
/// <param name="GatherBytes">Bytes of blocks a worker takes in one turn, and holds at most.</param>
/// <param name="Hold">How long a block is held back at most; zero: not at all.</param>
/// <param name="MostQueuedBytes">Bytes waiting in the engine above which nothing is held.</param>
/// <param name="HasOneWorker">Whether all torrents on the device have the same worker.</param>
internal sealed record WriteBatching(int GatherBytes, TimeSpan Hold, long MostQueuedBytes, bool HasOneWorker)
{
    /// <summary>Whether blocks may be held beyond a turn.</summary>
    public bool Holds => Hold > TimeSpan.Zero;

    /// <summary>How a device is written to.</summary>
    public static WriteBatching For(DeviceKind device, DiskSettings settings) => settings.Device == DeviceChoice.Rotational || (settings.Device == DeviceChoice.Auto && device == DeviceKind.Rotational)
        ? new WriteBatching(Math.Max(settings.TurnBytes, settings.GatherBytes), settings.GatherTime, settings.LowWaterBytes, HasOneWorker: true)
        : new WriteBatching(settings.TurnBytes, TimeSpan.Zero, settings.LowWaterBytes, HasOneWorker: false);

    /// <summary>Whether blocks of pieces that are not whole may wait for their neighbours.</summary>
    public bool MayHold(in GatheredWrites gathered) => gathered.Age < Hold && gathered.Bytes < GatherBytes && gathered.QueuedBytes <= MostQueuedBytes && !gathered.IsDry;
}
