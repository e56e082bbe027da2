using System.Runtime.InteropServices;

namespace Swarm.Pbm;

/// <summary>Ctrl-C (SIGINT) and SIGTERM: they cancel what is under way. One that finds nothing under way, or all of it cancelled already, is left to the system, which ends the process.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private CancellationTokenSource? _current;

    public Interruption() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];

    /// <summary>Something begins; what was before is over.</summary>
    public CancellationToken Begin()
    {
        var next = new CancellationTokenSource();
        Interlocked.Exchange(ref _current, next)?.Dispose();
        return next.Token;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _current?.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        var current = Volatile.Read(ref _current);
        context.Cancel = current is { IsCancellationRequested: false };
        // What was waiting runs on the pool, not inside the signal's handler.
        if (context.Cancel) _ = current!.CancelAsync();
    }
}
