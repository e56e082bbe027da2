using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Swarm.Io.Net;

/// <summary>What is called when a descriptor that was armed is ready.</summary>
internal interface IReadyHandler
{
    void OnReady();
}

/// <summary>
/// Threads that wait on one epoll instance. Everything is one-shot: a registration that was armed calls its handler once, on one thread, and sleeps until it is armed
/// again. So the kernel's ready list is the run queue: arming a descriptor that is ready puts it at the tail, and work on one connection is never done by two threads.
/// A handler that was unregistered is not called for what the kernel reported before. A handler must not throw.
/// </summary>
internal sealed unsafe class EpollLoop : IDisposable
{
    // struct epoll_event is packed on x86: 4 bytes of events, then 8 of data; elsewhere the data is aligned.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int EventSize = DataOffset + 8;

    private readonly SafeFileHandle _epoll = Native.CreateEpoll();
    private readonly SafeFileHandle _wake = Native.CreateEvent();
    private readonly ConcurrentDictionary<long, IReadyHandler> _handlers = new();
    private readonly Thread[] _threads;
    private readonly int _batch;
    private long _lastId;
    private volatile bool _stopping;

    /// <summary>Starts <paramref name="threads"/> threads that take up to <paramref name="batch"/> ready descriptors at once.</summary>
    public EpollLoop(string name, int threads, int batch)
    {
        _batch = batch;
        if (!Control(Native.EpollAdd, _wake, Native.EpollIn, 0)) throw new IOException("The system has no room for another epoll registration.");
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"{name}-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Handlers there are.</summary>
    public int Registered => _handlers.Count;

    /// <summary>A number for a handler, never 0 and never given again.</summary>
    public long Register(IReadyHandler handler)
    {
        var id = Interlocked.Increment(ref _lastId);
        _handlers[id] = handler;
        return id;
    }

    /// <summary>The handler is not called any more, but for a call in progress.</summary>
    public void Unregister(long id) => _handlers.TryRemove(id, out _);

    /// <summary>
    /// Arms a descriptor: its handler is called once when one of <paramref name="events"/>, an error or a hang-up is there. Nothing where it is closed already.
    /// False: the kernel has no room for another registration; the handler will not be called.
    /// </summary>
    public bool TryArm(SafeHandle descriptor, long id, uint events, ref bool added)
    {
        try
        {
            var operation = added ? Native.EpollModify : Native.EpollAdd;
            added = true;
            return Control(operation, descriptor, events | Native.EpollOneShot, id);
        }
        catch (ObjectDisposedException)
        {
            // Closed by its owner meanwhile: there is nobody left to call.
            return true;
        }
    }

    /// <summary>Takes a descriptor out, so that it may be armed under another number.</summary>
    public void Remove(SafeHandle descriptor) => Control(Native.EpollDelete, descriptor, 0, 0);

    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        long one = 1;
        _ = Native.Write(_wake, (byte*)&one, sizeof(long));
        foreach (var thread in _threads)
        {
            if (thread != Thread.CurrentThread) thread.Join();
        }

        _epoll.Dispose();
        _wake.Dispose();
    }

    private bool Control(int operation, SafeHandle descriptor, uint events, long id)
    {
        var entry = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(entry, 4), events);
        *(long*)(entry + DataOffset) = id;
        return Native.EpollControl(_epoll, operation, descriptor, entry) == 0;
    }

    private void Run()
    {
        var events = stackalloc byte[EventSize * _batch];
        while (!_stopping)
        {
            var count = Native.EpollWait(_epoll, events, _batch, -1);
            for (var i = 0; i < count && !_stopping; i++)
            {
                var id = *(long*)(events + (i * EventSize) + DataOffset);
                if (_handlers.TryGetValue(id, out var handler)) handler.OnReady();
            }
        }
    }
}
