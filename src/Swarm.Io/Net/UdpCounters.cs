namespace Swarm.Io.Net;

/// <summary>What became of datagrams so far, of all sockets, open and closed.</summary>
/// <param name="Received">Told to an owner.</param>
/// <param name="Sent">Given to the kernel.</param>
/// <param name="Unsent">Dropped on their way out: the kernel's queue was full, there was no way, the address was of the other family.</param>
/// <param name="TooLong">Dropped because they are longer than the settings allow.</param>
/// <param name="Unclaimed">Dropped because they are of no kind or of one that nobody claimed.</param>
/// <param name="Overrun">Dropped by the kernel, whose queue was full because the owners were slow. Linux only, 0 elsewhere.</param>
/// <param name="Faults">Receive calls that failed.</param>
public readonly record struct UdpCounters(long Received, long Sent, long Unsent, long TooLong, long Unclaimed, long Overrun, long Faults)
{
    /// <summary>Both together.</summary>
    public static UdpCounters operator +(UdpCounters left, UdpCounters right) => new(
        left.Received + right.Received,
        left.Sent + right.Sent,
        left.Unsent + right.Unsent,
        left.TooLong + right.TooLong,
        left.Unclaimed + right.Unclaimed,
        left.Overrun + right.Overrun,
        left.Faults + right.Faults);
}
