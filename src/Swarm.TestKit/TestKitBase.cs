using System.Linq.Expressions;
using Microsoft.Extensions.Logging;

namespace Swarm.TestKit;

/// <summary>Marks a kit whose test tells without a sender where it names none, instead of with the <see cref="TestKitBase.TestActor"/>.</summary>
public interface INoImplicitSender;

/// <summary>
/// One test actor and all that can be expected of it: what <see cref="TestKit"/> and <see cref="TestProbe"/> share, with the names and meanings of Akka.NET's class of that name. The actor queues
/// what it receives, the test's thread takes it out.
/// <para>
/// Waiting goes through <see cref="TestClock"/>: under a simulation every wait runs the simulation, in virtual time, up to the step that brings what is waited for; on real threads it blocks. What is
/// not met throws <see cref="TestKitAssertionException"/>. One thread at a time may wait, and never an actor.
/// </para>
/// <para>Parts: Receive, Expect, ExpectAll, Within, Await.</para>
/// </summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private readonly ExtendedActorSystem _system;
    private readonly TestQueue _queue;
    private MessageEnvelope? _last;

    private protected TestKitBase(ActorSystem system, TestKitSettings? settings, string? name, string prefix)
    {
        ArgumentNullException.ThrowIfNull(system);
        _system = system as ExtendedActorSystem ?? throw new ArgumentException("Not a system of this engine", nameof(system));
        TestKitSettings = settings ?? TestKitSettings.Default;
        Clock = TestClock.Of(_system);
        _queue = new TestQueue(TestKitSettings.MaxQueuedMessages);
        EventFilter = CreateEventFilter(_system);
        var (queue, clock) = (_queue, Clock);
        TestActor = _system.SystemActorOf(Props.Create(() => new InternalTestActor(queue, clock)), name ?? FreeName(prefix));
    }

    /// <summary>The system.</summary>
    public ActorSystem Sys => _system;

    public TestKitSettings TestKitSettings { get; }

    /// <summary>The actor whose messages are expected here.</summary>
    public IActorRef TestActor { get; }

    /// <summary>Time since the system's clock began; virtual under a simulation.</summary>
    public TimeSpan Now => _system.Scheduler.MonotonicClock;

    /// <summary>Who told the message that was taken or looked at last; the dead letters if nobody did, null if there was no message.</summary>
    public IActorRef? LastSender => _last?.Sender;

    /// <summary>The message that was taken or looked at last; null if there was none in time.</summary>
    public object? LastMessage => _last?.Message;

    /// <summary>Whether a message is queued now. Does not wait, so under a simulation nothing happens meanwhile.</summary>
    public bool HasMessages => _queue.Count > 0;

    /// <summary>Expects, counts and mutes what this system logs, and its dead letters.</summary>
    public EventFilterFactory EventFilter { get; }

    internal TestClock Clock { get; }

    /// <summary>Filters for another system.</summary>
    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, new EventSource(system));

    /// <summary>Makes an actor below <c>/user</c>.</summary>
    public IActorRef ActorOf(Props props, string? name = null) => _system.ActorOf(props, name);

    public IActorRef ActorOf<TActor>(string? name = null)
        where TActor : ActorBase, new() => ActorOf(Props.Create<TActor>(), name);

    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory, string? name = null)
        where TActor : ActorBase => ActorOf(Props.Create(factory), name);

    public void Stop(IActorRef actor) => _system.Stop(actor);

    /// <summary>Makes an actor whose parent is the test actor, so that what it tells its parent is expected here. It is stopped if it fails; let an actor of the test's own be its parent to see restarts.</summary>
    /// <exception cref="InvalidActorNameException">The name is malformed or taken.</exception>
    public IActorRef ChildActorOf(Props props, string? name = null)
    {
        var child = new TaskCompletionSource<IActorRef>();
        TestActor.Tell(new InternalTestActor.Spawn(props, name, child), ActorRefs.NoSender);
        Clock.Until(() => child.Task.IsCompleted || _queue.IsStopped, Dilated(TestKitSettings.DefaultTimeout));
        return child.Task.IsCompleted ? child.Task.GetAwaiter().GetResult() : throw Failed("to have a new child", "none");
    }

    public IActorRef ChildActorOf<TActor>(string? name = null)
        where TActor : ActorBase, new() => ChildActorOf(Props.Create<TActor>(), name);

    /// <summary>Lets the test actor watch an actor, to receive its <see cref="Terminated"/>.</summary>
    /// <returns>The actor.</returns>
    public IActorRef Watch(IActorRef actorToWatch)
    {
        TestActor.Tell(new InternalTestActor.Watch(actorToWatch), ActorRefs.NoSender);
        return actorToWatch;
    }

    /// <summary>Ends the watch.</summary>
    /// <returns>The actor.</returns>
    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        TestActor.Tell(new InternalTestActor.Unwatch(actorToUnwatch), ActorRefs.NoSender);
        return actorToUnwatch;
    }

    /// <summary>Lets a pilot see each message that is told to the test actor from now on.</summary>
    public void SetAutoPilot(AutoPilot pilot)
    {
        ArgumentNullException.ThrowIfNull(pilot);
        TestActor.Tell(new InternalTestActor.SetAutoPilot(pilot), ActorRefs.NoSender);
    }

    /// <summary>From now on, no message is queued that this accepts. Replaces what was ignored before.</summary>
    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage)
    {
        ArgumentNullException.ThrowIfNull(shouldIgnoreMessage);
        TestActor.Tell(new InternalTestActor.SetIgnore(message => shouldIgnoreMessage(message)), ActorRefs.NoSender);
    }

    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) => IgnoreMessages(message => message is TMsg typed && shouldIgnoreMessage(typed));

    public void IgnoreMessages<TMsg>() => IgnoreMessages(message => message is TMsg);

    /// <summary>From now on, every message is queued.</summary>
    public void IgnoreNoMessages() => TestActor.Tell(new InternalTestActor.SetIgnore(null), ActorRefs.NoSender);

    /// <summary>A latch for actors to count down.</summary>
    public TestLatch CreateTestLatch(int count = 1) => new(this, count);

    /// <summary>Terminates the system and waits for its end.</summary>
    /// <param name="duration">How long; null is <see cref="TestKitSettings.DefaultTimeout"/>.</param>
    /// <param name="verifySystemShutdown">Whether it is an error if the system has not ended by then; if not, a warning is logged.</param>
    /// <exception cref="TimeoutException">It has not, and the message names the actors that live.</exception>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = Dilated(Wait(duration ?? TestKitSettings.DefaultTimeout));
        if (Clock.Until(_system.Terminate(), limit)) return;
        var alive = ActorTree.Walk(_system).Select(actor => $"{actor.Path} ({Described.Type(actor.ActorType)})").ToList();
        var text = Described.List($"Failed to stop [{_system.Name}] within {limit}. Alive:", alive, alive.Count) + "\n" + Clock.When;
        if (verifySystemShutdown) throw new TimeoutException(text);
        NotStopped(_system.Settings.LoggerFactory.CreateLogger<TestKitBase>(), text);
    }

    /// <summary>A time multiplied by <see cref="TestKitSettings.TestTimeFactor"/> on real threads; under a simulation the time itself, for no machine is slow there.</summary>
    public TimeSpan Dilated(TimeSpan duration) => Clock.IsSimulated || duration <= TimeSpan.Zero ? duration : duration * TestKitSettings.TestTimeFactor;

    /// <summary>Passes on a time that can be waited for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is for ever, or longer than <see cref="TestKitSettings.LongestWait"/>.</exception>
    internal static TimeSpan Wait(TimeSpan duration)
    {
        if (duration == Timeout.InfiniteTimeSpan || duration > TestKitSettings.LongestWait)
        {
            throw new ArgumentOutOfRangeException(nameof(duration), duration, $"A wait has an end, at most {TestKitSettings.LongestWait} away.");
        }

        return duration;
    }

    /// <summary>What to throw for an expectation that was not met.</summary>
    internal TestKitAssertionException Failed(string expected, string got, string? hint = null, Exception? cause = null)
    {
        // What else comes at this moment belongs to the picture.
        Clock.Until(static () => false, TimeSpan.Zero);
        var queued = _queue.Snapshot();
        var text = $"[{TestActor.Path}] expected {expected}, got {got}."
                   + (string.IsNullOrEmpty(hint) ? "" : $"\nHint: {hint}")
                   + (_queue.IsStopped ? "\nThe test actor has stopped." : "")
                   + "\n" + (queued.Length == 0 ? "Nothing is queued." : Described.List($"Queued: {queued.Length}", queued.Select(Described.Message), queued.Length))
                   + "\n" + Clock.When;
        return new TestKitAssertionException(text, cause);
    }

    [LoggerMessage(1, LogLevel.Warning, "{Text}")]
    private static partial void NotStopped(ILogger logger, string text);

    // Readable in failures, and free: several kits may share a system.
    private string FreeName(string prefix)
    {
        var names = ActorTree.Walk(_system).Where(actor => actor.Path.Parent.Equals(_system.SystemGuardian.Path)).Select(actor => actor.Path.Name).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(1, int.MaxValue).Select(number => prefix + number).First(name => !names.Contains(name));
    }
}
