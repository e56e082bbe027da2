
namespace Swarm.Io.Net;

/// <summary>How sockets are driven.</summary>
public enum SocketEngineKind
{
    /// <summary>Epoll on Linux, portable elsewhere.</summary>
    Auto,

    /// <summary>Own threads over epoll; Linux only.</summary>
    Epoll,

    /// <summary>The base library's asynchronous sockets; any system.</summary>
    Portable,
}

/// <summary>Every limit of the sockets. Bytes, counts and times are as the names say; a value out of its range throws when it is set.</summary>
public sealed record NetSettings
{
    /// <summary>The values a node starts with.</summary>
    public static NetSettings Default { get; } = new();

    /// <summary>How sockets are driven.</summary>
    public SocketEngineKind Engine { get; init; } = SocketEngineKind.Auto;

    /// <summary>Threads that receive (epoll engine); 1 to 64. Receiving never waits for a disk, so one serves several gigabytes a second.</summary>
    public int ReadThreads { get; init => field = Setting.InRange(value, 1, 64); } = Math.Clamp(Environment.ProcessorCount / 4, 1, 4);

    /// <summary>Threads that read files and send (epoll engine); 1 to 256. They wait for disks, so more than processors may pay on slow disks.</summary>
    public int WriteThreads { get; init => field = Setting.InRange(value, 1, 256); } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Bytes that received data may take in all; 1 MiB to 64 GiB. Beyond it each link still has <see cref="SlabReservePerLink"/> small slabs.</summary>
    public long SlabPoolBytes { get; init => field = Setting.InRange(value, 1L << 20, 1L << 36); } = 100L << 20;

    /// <summary>
    /// Slabs of one link that are not released yet, both sizes counted alike, after which it stops reading; 2 to 65536. Even in small slabs it must be more than the disk may hold for
    /// hashes (<see cref="Disk.DiskSettings.ReorderBytes"/> and <see cref="Disk.DiskSettings.HashTogetherBytes"/>): the block that closes the gap, and so frees them, may be the next one in the socket.
    /// </summary>
    public int SlabsPerLink { get; init => field = Setting.InRange(value, 2, 65536); } = 4096;

    /// <summary>Small slabs a link may have even when the pool's bound is reached, so that every link goes on; 1 to 16.</summary>
    public int SlabReservePerLink { get; init => field = Setting.InRange(value, 1, 16); } = 2;

    /// <summary>From this rate on a link reads into large slabs, in bytes a second.</summary>
    public long LargeSlabRateBytesPerSecond { get; init => field = Setting.InRange(value, 1, 1L << 40); } = 1 << 20;

    /// <summary>Bytes a link reads before others have their turn; 16 KiB to 64 MiB.</summary>
    public int ReadTurnBytes { get; init => field = Setting.InRange(value, 16 << 10, 64 << 20); } = 512 << 10;

    /// <summary>Bytes a link writes before others have their turn; 16 KiB to 64 MiB.</summary>
    public int WriteTurnBytes { get; init => field = Setting.InRange(value, 16 << 10, 64 << 20); } = 2 << 20;

    /// <summary>Bytes composed for one send, and the size of a write buffer, of which there is one for each turn in progress; 32 KiB to 16 MiB. Of a buffer only what is not sent from mapped files is touched.</summary>
    public int WriteBufferBytes { get; init => field = Setting.InRange(value, 32 << 10, 16 << 20); } = 1 << 20;

    /// <summary>Bytes other than blocks that may wait in one link, after which Send refuses; 4 KiB to 1 GiB.</summary>
    public int QueuedBytesPerLink { get; init => field = Setting.InRange(value, 4 << 10, 1 << 30); } = 1 << 20;

    /// <summary>Blocks that may wait in one link, after which SendBlock refuses; 1 to 100,000. A waiting block takes 24 bytes.</summary>
    public int QueuedBlocksPerLink { get; init => field = Setting.InRange(value, 1, 100_000); } = 2048;

    /// <summary>Payload bytes of blocks that may wait in one link, after which SendBlock refuses; 16 KiB to 1 TiB.</summary>
    public long QueuedBlockBytesPerLink { get; init => field = Setting.InRange(value, 16 << 10, 1L << 40); } = 64L << 20;

    /// <summary>Open links in all; one more that comes in is closed at once, one more to open fails; 1 to 1,000,000.</summary>
    public int MaxLinks { get; init => field = Setting.InRange(value, 1, 1_000_000); } = 10_000;

    /// <summary>Connections the kernel may hold for a listener before it accepts; 1 to 65,535.</summary>
    public int ListenBacklog { get; init => field = Setting.InRange(value, 1, 65_535); } = 512;

    /// <summary>How long a listener rests when the process has no file descriptor left; 1 ms to 1 minute.</summary>
    public TimeSpan AcceptRetryDelay { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)); } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often idle memory is looked for; 10 ms to 1 hour. Memory idle for a whole interval is given back.</summary>
    public TimeSpan SweepInterval { get; init => field = Setting.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(2);

    /// <summary>The kernel's receive buffer of a TCP socket, bytes; 0 leaves it to the kernel's own tuning, which is best nearly always.</summary>
    public int ReceiveBufferBytes { get; init => field = Setting.InRange(value, 0, 1 << 30); }

    /// <summary>The kernel's send buffer of a TCP socket, bytes; 0 leaves it to the kernel's own tuning, which is best nearly always.</summary>
    public int SendBufferBytes { get; init => field = Setting.InRange(value, 0, 1 << 30); }

    /// <summary>
    /// Bytes that the kernel queues for a TCP connection to this machine or one beside it, whose round trip is below 250 µs (epoll engine, where <see cref="SendBufferBytes"/> is 0); 0 leaves it to the kernel, whose queue of megabytes is more than the processor's
    /// cache holds. The system may allow less (net.core.wmem_max). 1 MiB is enough for 32 Gbit/s there.
    /// </summary>
    public int ShortPathSendBufferBytes { get; init => field = Setting.InRange(value, 0, 1 << 30); } = 1 << 20;

    /// <summary>Datagrams received or sent with one call; 1 to 256.</summary>
    public int DatagramBatch { get; init => field = Setting.InRange(value, 1, 256); } = 64;

    /// <summary>Batches of one UDP socket that are not released yet, after which it stops reading and the kernel's queue fills; 2 to 1024. Each takes <see cref="DatagramBatch"/> times <see cref="MaxDatagramBytes"/>.</summary>
    public int DatagramBatchesInFlight { get; init => field = Setting.InRange(value, 2, 1024); } = 16;

    /// <summary>
    /// The longest datagram taken, bytes; longer ones are dropped and counted; 512 to 65,535. DHT and uTP stay below 1500; a tracker that hands out 200 peers over IPv6 needs 3620.
    /// </summary>
    public int MaxDatagramBytes { get; init => field = Setting.InRange(value, 512, 65_535); } = 4096;

    /// <summary>The kernel's receive buffer of a UDP socket, bytes; the system may allow less (net.core.rmem_max); 0 leaves it to the kernel, which has room for about 250 queries then.</summary>
    public int DatagramReceiveBufferBytes { get; init => field = Setting.InRange(value, 0, 1 << 30); } = 4 << 20;

    /// <summary>The kernel's send buffer of a UDP socket, bytes; the system may allow less (net.core.wmem_max); 0 leaves it to the kernel.</summary>
    public int DatagramSendBufferBytes { get; init => field = Setting.InRange(value, 0, 1 << 30); } = 1 << 20;

    /// <summary>Whether sockets are driven by epoll.</summary>
    /// <exception cref="PlatformNotSupportedException">It is asked for elsewhere than on Linux.</exception>
    internal bool UsesEpoll => Engine switch
    {
        SocketEngineKind.Portable => false,
        _ when OperatingSystem.IsLinux() => true,
        SocketEngineKind.Auto => false,
        _ => throw new PlatformNotSupportedException("The epoll engine is for Linux; choose Auto or Portable."),
    };
}
