using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Swarm.Host.Serve;

/// <summary>
/// Tells a service manager how the daemon is (sd_notify(3), Type=notify or notify-reload): datagrams to the socket that it names in the environment. Without one, everything here does nothing.
/// Any thread.
/// </summary>
internal sealed partial class Systemd : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly ILogger _log;

    private Systemd(string? socketPath, TimeSpan? watchdog, ILogger log)
    {
        _log = log;
        WatchdogInterval = watchdog;
        if (string.IsNullOrEmpty(socketPath)) return;
        // '@' stands for the zero byte of Linux's abstract names.
        _manager = new UnixDomainSocketEndPoint(socketPath[0] == '@' ? $"\0{socketPath[1..]}" : socketPath);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    }

    /// <summary>How often the manager must hear that the daemon lives; null: it does not ask.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>By the variables NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.</summary>
    public static Systemd FromEnvironment(IDictionary environment, ILogger log)
    {
        var isOurs = environment["WATCHDOG_PID"] is not string process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var watchdog = isOurs && long.TryParse(environment["WATCHDOG_USEC"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < long.MaxValue / 10
            ? TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : (TimeSpan?)null;
        return new Systemd(environment["NOTIFY_SOCKET"] as string, watchdog, log);
    }

    /// <summary>Everything is up; also after a reload.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The start waits for something, and may take so long from here.</summary>
    public void Waiting(string status, TimeSpan limit) => Send($"STATUS={status}\nEXTEND_TIMEOUT_USEC={(long)limit.TotalMicroseconds}");

    /// <summary>What was configured is being read again. The time tells the manager that its signal was heard.</summary>
    public void Reloading() => Send($"RELOADING=1\nMONOTONIC_USEC={(long)Stopwatch.GetElapsedTime(0).TotalMicroseconds}");

    /// <summary>The daemon ends, and may take so long.</summary>
    public void Stopping(TimeSpan limit) => Send($"STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC={(long)limit.TotalMicroseconds}");

    /// <summary>The daemon lives.</summary>
    public void Alive() => Send("WATCHDOG=1");

    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        if (_socket is null) return;
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(message), _manager!);
        }
        catch (SocketException e)
        {
            LogUnheard(_log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service manager's socket (NOTIFY_SOCKET) does not take messages: {Reason}")]
    private static partial void LogUnheard(ILogger log, string reason);
}
