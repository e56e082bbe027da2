namespace Swarm.Tests.Kernel;

/// <summary>Turns on the thread that tells. Bounded by counts, not by time; the time-outs only end a hang.</summary>
public sealed class CallingThreadSpecs : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);
    private readonly ActorSystem _system = ActorSystem.Create("calling");

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Receiver_at_rest_has_its_turn_on_the_thread_that_told_it()
    {
        var thread = 0;
        var actor = _system.ActorOf(Scripted.With(new Script { OnMessage = (_, _) => Volatile.Write(ref thread, Environment.CurrentManagedThreadId) }));

        // As long as it has another turn, such as that of its start, the message is for that one.
        Eventually(() =>
        {
            CallingThread.Tell(actor, "work");
            CallingThread.TakeTurns();
            return Volatile.Read(ref thread) == Environment.CurrentManagedThreadId;
        });
        Volatile.Write(ref thread, 0);
        CallingThread.TakeTurns();
        thread.ShouldBe(0, "nothing is kept any more");
    }

    [Fact]
    public void Of_two_receivers_the_second_has_its_turn_on_the_pool()
    {
        var (first, second) = (0, 0);
        var one = _system.ActorOf(Scripted.With(new Script { OnMessage = (_, _) => Volatile.Write(ref first, Environment.CurrentManagedThreadId) }));
        var other = _system.ActorOf(Scripted.With(new Script { OnMessage = (_, _) => Volatile.Write(ref second, Environment.CurrentManagedThreadId) }));
        Eventually(() =>
        {
            Volatile.Write(ref second, 0);
            CallingThread.Tell(one, "work");
            CallingThread.Tell(other, "work");
            CallingThread.TakeTurns();
            Eventually(() => Volatile.Read(ref second) != 0);
            return Volatile.Read(ref first) == Environment.CurrentManagedThreadId;
        });
        second.ShouldNotBe(Environment.CurrentManagedThreadId);
    }

    [Fact]
    public async Task What_such_a_turn_tells_others_arrives()
    {
        var told = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = _system.ActorOf(Scripted.With(new Script { OnMessage = (me, _) => told.TrySetResult(me.From) }));
        var actor = _system.ActorOf(Scripted.With(new Script { OnMessage = (me, _) => other.Tell("passed on", me.Me) }));
        CallingThread.Tell(actor, "work");
        CallingThread.TakeTurns();
        (await told.Task.WaitAsync(Hang)).ShouldBe(actor);
    }

    [Fact]
    public async Task Messages_keep_their_order_and_come_one_at_a_time_among_tellers_of_both_kinds()
    {
        const int Tellers = 4;
        const int Each = 20_000;
        var (inside, wrong, received) = (0, 0, 0);
        var next = new int[Tellers];
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = _system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (_, message) =>
            {
                if (Interlocked.Increment(ref inside) != 1) wrong++;
                var (teller, number) = ((int, int))message;
                if (next[teller]++ != number) wrong++;
                Interlocked.Decrement(ref inside);
                if (++received == Tellers * Each) done.SetResult();
            },
        }));
        var tellers = Enumerable.Range(0, Tellers).Select(teller => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                if (teller % 2 == 0) actor.Tell((teller, i), ActorRefs.NoSender);
                else CallingThread.Tell(actor, (teller, i));
                CallingThread.TakeTurns();
            }
        })).ToArray();
        await Task.WhenAll(tellers);
        await done.Task.WaitAsync(Hang);
        wrong.ShouldBe(0);
    }

    private static void Eventually(Func<bool> condition) => SpinWait.SpinUntil(condition, Hang).ShouldBeTrue();
}
