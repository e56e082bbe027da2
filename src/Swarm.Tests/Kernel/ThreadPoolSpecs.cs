using System.Collections.Concurrent;

namespace Swarm.Tests.Kernel;

/// <summary>The promises that only real threads can break. Bounded by counts, not by time; the time-outs only end a hang.</summary>
public sealed class ThreadPoolSpecs : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);
    private readonly ActorSystem _system = ActorSystem.Create("threads");

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(Dispatchers.DefaultDispatcherId)]
    [InlineData(Dispatchers.PinnedDispatcherId)]
    public async Task Messages_from_one_sender_keep_their_order_among_many(string dispatcher)
    {
        const int Senders = 8;
        const int Each = 40_000;
        var next = new int[Senders];
        var inside = 0;
        var wrong = 0;
        var received = 0;
        var done = Completion();
        var sink = _system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (_, message) =>
            {
                wrong += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                var (sender, number) = ((int, int))message;
                wrong += next[sender]++ == number ? 0 : 1;
                Interlocked.Decrement(ref inside);
                if (++received == Senders * Each)
                {
                    done.SetResult();
                }
            },
        }).WithDispatcher(dispatcher));
        for (var s = 0; s < Senders; s++)
        {
            var sender = s;
            _system.ActorOf(Scripted.With(new Script
            {
                OnMessage = (me, message) =>
                {
                    // A hundred at a time, so that the senders take turns.
                    var from = (int)message;
                    for (var i = from; i < from + 100; i++)
                    {
                        sink.Tell((sender, i), me.Me);
                    }

                    if (from + 100 < Each)
                    {
                        me.Me.Tell(from + 100);
                    }
                },
            })).Tell(0, ActorRefs.NoSender);
        }

        await done.Task.WaitAsync(Hang);
        wrong.ShouldBe(0);
    }

    [Fact]
    public async Task Every_message_is_handled_or_a_dead_letter_when_an_actor_stops_under_load()
    {
        const int Rounds = 300;
        const int Senders = 4;
        const int Each = 50;
        var dead = 0;
        var tally = _system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (me, message) =>
            {
                if (message is DeadLetter { Message: int })
                {
                    dead++;
                }
                else if (message is "count")
                {
                    me.From.Tell(dead);
                }
            },
        }));
        _system.EventStream.Subscribe(tally, typeof(DeadLetter));
        var handled = 0;
        var handledAfterStop = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var stopped = 0;
            var actor = _system.ActorOf(Scripted.With(new Script
            {
                OnMessage = (_, _) =>
                {
                    Interlocked.Add(ref handledAfterStop, Volatile.Read(ref stopped));
                    Interlocked.Increment(ref handled);
                },
                OnPostStop = _ => Volatile.Write(ref stopped, 1),
            }));
            var senders = Enumerable.Range(0, Senders).Select(_ => Task.Run(() =>
            {
                for (var i = 0; i < Each; i++)
                {
                    actor.Tell(i, ActorRefs.NoSender);
                }
            })).ToArray();
            var stop = actor.GracefulStop(Hang);
            await Task.WhenAll(senders);
            await stop.WaitAsync(Hang);
        }

        // All senders have returned, so every dead letter was published before this question.
        (await tally.Ask<int>("count", Hang) + Volatile.Read(ref handled)).ShouldBe(Rounds * Senders * Each);
        handledAfterStop.ShouldBe(0);
    }

    [Fact]
    public async Task Terminated_arrives_exactly_once_whoever_is_faster()
    {
        const int Rounds = 2000;
        var notices = new ConcurrentDictionary<IActorRef, int>();
        var all = Completion();
        var seen = 0;
        var watcher = _system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (me, message) =>
            {
                switch (message)
                {
                    case Terminated terminated:
                        notices.AddOrUpdate(terminated.ActorRef, 1, (_, count) => count + 1);
                        if (++seen == Rounds)
                        {
                            all.SetResult();
                        }

                        break;
                    case IActorRef subject:
                        me.Ctx.Watch(subject);
                        me.Ctx.Watch(subject);
                        break;
                    case "ping":
                        me.From.Tell("pong");
                        break;
                }
            },
        }));
        for (var round = 0; round < Rounds; round++)
        {
            var subject = _system.ActorOf(Scripted.With(new Script()));
            watcher.Tell(subject, ActorRefs.NoSender);
            subject.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        }

        await all.Task.WaitAsync(Hang);
        await watcher.Ask<string>("ping", Hang);
        notices.Count.ShouldBe(Rounds);
        notices.Values.ShouldAllBe(count => count == 1);
    }

    [Fact]
    public async Task Restarts_under_load_lose_only_the_failing_messages()
    {
        const int Count = 50_000;
        var handled = 0;
        var failed = 0;
        var done = Completion();
        var actor = _system.ActorOf(Scripted.With(new Script
        {
            OnMessage = (_, message) =>
            {
                var number = (int)message;
                if (number % 100 == 7)
                {
                    failed++;
                    throw new Boom();
                }

                handled++;
                if (number == Count)
                {
                    done.SetResult();
                }
            },
        }));
        for (var i = 1; i <= Count; i++)
        {
            actor.Tell(i, ActorRefs.NoSender);
        }

        await done.Task.WaitAsync(Hang);
        failed.ShouldBe(Count / 100);
        handled.ShouldBe(Count - failed);
    }

    [Fact]
    public async Task A_queue_with_many_writers_loses_and_repeats_nothing()
    {
        const int Writers = 4;
        const int Each = 200_000;
        var queue = new MessageQueue(int.MaxValue);
        var go = Completion();
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            await go.Task;
            for (var i = 0; i < Each; i++)
            {
                queue.TryEnqueue((w, i), null, force: false);
            }
        })).ToArray();
        var reader = Task.Run(() =>
        {
            var next = new int[Writers];
            var wrong = 0;
            var spin = default(SpinWait);
            for (var read = 0; read < Writers * Each;)
            {
                if (!queue.TryDequeue(out var message, out _))
                {
                    spin.SpinOnce();
                    continue;
                }

                var (writer, number) = ((int, int))message;
                wrong += next[writer]++ == number ? 0 : 1;
                read++;
            }

            return wrong;
        });
        go.SetResult();
        await Task.WhenAll(writers).WaitAsync(Hang);

        (await reader.WaitAsync(Hang)).ShouldBe(0);
        queue.TryDequeue(out _, out _).ShouldBeFalse();
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Asks_side_by_side_get_their_own_answers()
    {
        var echo = _system.ActorOf(Scripted.With(new Script { OnMessage = (me, message) => me.From.Tell(message) }));
        var answers = await Task.WhenAll(Enumerable.Range(0, 5000).Select(i => Task.Run(() => echo.Ask<int>(i, Hang))));

        answers.ShouldBe(Enumerable.Range(0, 5000));
    }

    [Fact]
    public async Task An_ask_times_out_in_real_time()
    {
        var silent = _system.ActorOf(Scripted.With(new Script()));

        await Should.ThrowAsync<AskTimeoutException>(() => silent.Ask<string>("hello", TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task Timers_fire_in_real_time()
    {
        var done = Completion();
        var ticks = 0;
        _system.ActorOf(Scripted.With(new Script
        {
            OnPreStart = me => me.Timers.StartPeriodicTimer("k", "tick", TimeSpan.FromMilliseconds(1)),
            OnMessage = (me, _) =>
            {
                if (++ticks == 5)
                {
                    me.Timers.CancelAll();
                    done.SetResult();
                }
            },
        }));

        await done.Task.WaitAsync(Hang);
        ticks.ShouldBe(5);
    }

    [Fact]
    public async Task A_pinned_actor_keeps_its_thread_which_ends_with_it()
    {
        var threads = new ConcurrentBag<Thread>();
        var actor = _system.ActorOf(
            Scripted.With(new Script
            {
                OnMessage = (me, message) =>
                {
                    threads.Add(Thread.CurrentThread);
                    me.From.Tell(message);
                },
            }).WithDispatcher(Dispatchers.PinnedDispatcherId),
            "pinned");
        for (var i = 0; i < 20; i++)
        {
            await actor.Ask<int>(i, Hang);
        }

        var thread = threads.Distinct().ShouldHaveSingleItem();
        thread.IsThreadPoolThread.ShouldBeFalse();
        thread.Name.ShouldBe("/user/pinned");
        await actor.GracefulStop(Hang);
        thread.Join(Hang).ShouldBeTrue();
    }

    [Fact]
    public async Task Actors_made_from_many_threads_while_the_system_ends_all_stop()
    {
        for (var round = 0; round < 50; round++)
        {
            var alive = 0;
            var system = ActorSystem.Create("ending");
            var makers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                try
                {
                    while (!system.WhenTerminated.IsCompleted)
                    {
                        system.ActorOf(Scripted.With(new Script
                        {
                            OnPreStart = _ => Interlocked.Increment(ref alive),
                            OnPostStop = _ => Interlocked.Decrement(ref alive),
                        }));
                    }
                }
                catch (InvalidOperationException)
                {
                    // Refused, as an ending system does.
                }
            })).ToArray();
            await system.Terminate().WaitAsync(Hang);
            await Task.WhenAll(makers).WaitAsync(Hang);

            alive.ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_subtree_that_fails_and_stops_under_load_leaves_nobody_behind()
    {
        var leaf = Scripted.With(new Script { OnMessage = (_, message) => FailIf((int)message % 3 == 0) });
        var node = Scripted.With(new Script
        {
            OnPreStart = me =>
            {
                for (var i = 0; i < 5; i++)
                {
                    me.Ctx.ActorOf(leaf, "leaf-" + i);
                }
            },
            OnMessage = (me, message) =>
            {
                foreach (var child in me.Ctx.GetChildren())
                {
                    child.Tell(message);
                }

                FailIf((int)message % 5 == 0);
            },
            Strategy = new OneForOneStrategy(_ => Directive.Escalate),
        });
        for (var round = 0; round < 100; round++)
        {
            var actor = _system.ActorOf(node, "node");
            for (var i = 0; i < 50; i++)
            {
                actor.Tell(i, ActorRefs.NoSender);
            }

            await actor.GracefulStop(Hang).WaitAsync(Hang);
            await WaitUntilFree("node");
        }

        ActorTree.Walk(_system).ShouldNotContain(a => a.Path.Name.StartsWith("leaf"));
    }

    // The watcher hears of the death when the parent does, on another thread; a stop of nobody passes through the parent after it.
    private async Task WaitUntilFree(string name)
    {
        while (ActorTree.Walk(_system).Any(a => a.Path.Name == name))
        {
            await Task.Yield();
        }
    }

    private static void FailIf(bool condition)
    {
        if (condition)
        {
            throw new Boom();
        }
    }

    private static TaskCompletionSource Completion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
