namespace Swarm.Benchmarks;

/// <summary>
/// The kernel's four cases, each as a batch of messages whose end can be waited for. The messages are objects made
/// beforehand, so what a case allocates is what the kernel does.
/// </summary>
public sealed class KernelCases : IDisposable
{
    private const int FanInSenders = 4;
    private const int Window = 2048;
    private static readonly object Message = new();
    private readonly ActorSystem _system = ActorSystem.Create("bench");
    private readonly AutoResetEvent _done = new(false);
    private readonly Progress _progress = new();
    private readonly IActorRef _counter;
    private readonly IActorRef _ping;
    private readonly IActorRef _echo;
    private readonly IActorRef[] _senders;

    public KernelCases()
    {
        _counter = _system.ActorOf(Props.Create(() => new Counter(_done, _progress)), "counter");
        _echo = _system.ActorOf(Props.Create(() => new Echo()), "echo");
        var pong = _system.ActorOf(Props.Create(() => new Echo()), "pong");
        _ping = _system.ActorOf(Props.Create(() => new Ping(pong, _done)), "ping");
        _senders = [.. Enumerable.Range(0, FanInSenders).Select(i => _system.ActorOf(Props.Create(() => new Sender(_counter)), "sender-" + i))];
    }

    /// <summary>One thread outside of the tree tells one actor, and stays at most <see cref="Window"/> messages ahead.</summary>
    public void Tell(int messages)
    {
        _counter.Tell(new Counter.Expect(messages), ActorRefs.NoSender);
        var spin = default(SpinWait);
        for (var i = 0; i < messages; i++)
        {
            while (i - Volatile.Read(ref _progress.Handled) > Window)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            _counter.Tell(Message, ActorRefs.NoSender);
        }

        _done.WaitOne();
    }

    /// <summary>The same without a window: the writer runs ahead, so this is also the growth of a mailbox.</summary>
    public void Flood(int messages)
    {
        _counter.Tell(new Counter.Expect(messages), ActorRefs.NoSender);
        for (var i = 0; i < messages; i++)
        {
            _counter.Tell(Message, ActorRefs.NoSender);
        }

        _done.WaitOne();
    }

    /// <summary>Four actors tell one, in bursts of 256.</summary>
    public void FanIn(int messages)
    {
        _counter.Tell(new Counter.Expect(messages / FanInSenders * FanInSenders), ActorRefs.NoSender);
        foreach (var sender in _senders)
        {
            sender.Tell(new Sender.Send(messages / FanInSenders), ActorRefs.NoSender);
        }

        _done.WaitOne();
    }

    /// <summary>Two actors answer each other; one message is under way at any time.</summary>
    public void PingPong(int messages)
    {
        _ping.Tell(new Ping.Begin(messages / 2), ActorRefs.NoSender);
        _done.WaitOne();
    }

    /// <summary>A caller asks and waits, again and again.</summary>
    public async Task Ask(int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            await _echo.Ask<object>(Message, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _system.Dispose();
        _done.Dispose();
    }

    private sealed class Progress
    {
        internal int Handled;
    }

    private sealed class Counter(AutoResetEvent done, Progress progress) : UntypedActor
    {
        private int _handled;
        private int _expected;

        protected override void OnReceive(object message)
        {
            if (message is Expect expect)
            {
                _expected = expect.Messages;
                _handled = 0;
                Volatile.Write(ref progress.Handled, 0);
                return;
            }

            if (++_handled % 256 == 0)
            {
                Volatile.Write(ref progress.Handled, _handled);
            }

            if (_handled == _expected)
            {
                Volatile.Write(ref progress.Handled, 0);
                done.Set();
            }
        }

        internal sealed record Expect(int Messages);
    }

    private sealed class Sender(IActorRef target) : UntypedActor
    {
        private const int Burst = 256;
        private static readonly object Continue = new();
        private int _left;

        protected override void OnReceive(object message)
        {
            if (message is Send send)
            {
                _left = send.Messages;
            }

            for (var i = Math.Min(Burst, _left); i > 0; i--)
            {
                target.Tell(Message);
                _left--;
            }

            if (_left > 0)
            {
                Self.Tell(Continue);
            }
        }

        internal sealed record Send(int Messages);
    }

    private sealed class Ping(IActorRef pong, AutoResetEvent done) : UntypedActor
    {
        private int _left;

        protected override void OnReceive(object message)
        {
            if (message is Begin begin)
            {
                _left = begin.Rounds;
            }

            if (_left-- == 0)
            {
                done.Set();
            }
            else
            {
                pong.Tell(Message);
            }
        }

        internal sealed record Begin(int Rounds);
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
