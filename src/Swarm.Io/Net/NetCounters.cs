namespace Swarm.Io.Net;

/// <summary>What the links of a <see cref="Tcp"/> have done since it started: for metrics, and for tests that hold limits on what a byte may cost.</summary>
/// <param name="BytesReceived">Bytes of the streams, payload and all.</param>
/// <param name="ReceiveCalls">Calls of the system that received, empty ones included.</param>
/// <param name="ReadTurns">Times a link was woken to receive; each is a wait ended and a wait begun.</param>
/// <param name="BytesSent">Bytes the system took.</param>
/// <param name="SendCalls">Calls of the system that sent, refused ones included.</param>
/// <param name="WriteTurns">Times a link was woken to send.</param>
/// <param name="Messages">Messages told to owners of links.</param>
public sealed record NetCounters(long BytesReceived, long ReceiveCalls, long ReadTurns, long BytesSent, long SendCalls, long WriteTurns, long Messages);

/// <summary>The counts as they are made, from any thread.</summary>
internal sealed class NetTally
{
    public long BytesReceived;
    public long ReceiveCalls;
    public long ReadTurns;
    public long BytesSent;
    public long SendCalls;
    public long WriteTurns;
    public long Messages;

    public NetCounters Read() => new(
        Interlocked.Read(ref BytesReceived),
        Interlocked.Read(ref ReceiveCalls),
        Interlocked.Read(ref ReadTurns),
        Interlocked.Read(ref BytesSent),
        Interlocked.Read(ref SendCalls),
        Interlocked.Read(ref WriteTurns),
        Interlocked.Read(ref Messages));
}
