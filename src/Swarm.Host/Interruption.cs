using System.Runtime.InteropServices;

namespace Swarm.Host;

/// <summary>
/// The wish to end, by Ctrl-C (SIGINT), SIGTERM or a closed terminal (SIGHUP). The first one is a request, which commands follow in good order: trackers told, state kept.
/// The second one is left to the system, which ends the process at once. A daemon has no terminal, and takes SIGHUP for the wish to be configured anew (<see cref="OnHangup"/>).
/// </summary>
internal sealed class Interruption : IDisposable
{
    private const int SignalExitBase = 128;
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile Action? _onHangup;
    private int _signal;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>What the process ends with when its work is cut short: 128 and the signal's number, as shells have it.</summary>
    public int ExitCode => SignalExitBase + Volatile.Read(ref _signal);

    /// <summary>By the process's signals.</summary>
    public static Interruption BySignals()
    {
        var interruption = new Interruption();
        interruption.Register(PosixSignal.SIGINT, 2);
        interruption.Register(PosixSignal.SIGTERM, 15);
        interruption._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = interruption.Hangup()));
        return interruption;
    }

    /// <summary>Asks for the end as a signal of this number does. False: it has been asked for before.</summary>
    public bool Request(int signal)
    {
        if (Interlocked.CompareExchange(ref _signal, signal, 0) != 0) return false;
        // What was waiting runs on the pool, not inside the signal's handler.
        _ = _source.CancelAsync();
        return true;
    }

    /// <summary>From now on SIGHUP calls this, from any thread, and ends nothing.</summary>
    public void OnHangup(Action action) => _onHangup = action;

    /// <summary>As SIGHUP does. False: the process is to end by it.</summary>
    public bool Hangup()
    {
        if (_onHangup is not { } action) return Request(1);
        action();
        return true;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Register(PosixSignal signal, int number) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = Request(number)));
}
