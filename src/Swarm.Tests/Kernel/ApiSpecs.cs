namespace Swarm.Tests.Kernel;

/// <summary>Props, ReceiveActor, paths, mailbox bounds, introspection.</summary>
public sealed class ApiSpecs
{
    private readonly SimHarness _sim = new();

    [Fact]
    public void Arguments_of_a_new_expression_are_evaluated_once()
    {
        var made = 0;
        var log = new List<object>();
        var props = Props.Create(() => new Typed(Next(ref made), log));
        props.Arguments.ShouldBe([1, log]);
        props.Type.ShouldBe(typeof(Typed));
        var first = _sim.System.ActorOf(props);
        var second = _sim.System.ActorOf(props);
        _sim.TellAndRun(first, "x");
        _sim.TellAndRun(second, "x");

        made.ShouldBe(1);
        log.ShouldBe(["string x 1", "string x 1"]);
    }

    [Fact]
    public void An_expression_that_is_no_new_is_refused() => Should.Throw<ArgumentException>(() => Props.Create(() => Make()));

    [Fact]
    public void Arguments_find_the_constructor_and_wrong_ones_are_an_initialization_failure()
    {
        var log = new List<object>();
        _sim.TellAndRun(_sim.System.ActorOf(Props.Create<Typed>(7, log)), "x");
        log.ShouldBe(["string x 7"]);

        _sim.System.ActorOf(Props.Create<Typed>("wrong"), "wrong");
        _sim.Run();
        ActorTree.Walk(_sim.System).ShouldNotContain(a => a.Path.Name == "wrong");
    }

    [Fact]
    public void A_producer_makes_and_takes_back_each_incarnation()
    {
        var producer = new Producer();
        var actor = _sim.System.ActorOf(Props.CreateBy(producer));
        _sim.TellAndRun(actor, "fail", PoisonPill.Instance);

        producer.Produced.ShouldBe(2);
        producer.Released.ShouldBe(2);
    }

    [Fact]
    public void Receive_actor_takes_the_first_handler_that_fits()
    {
        var log = new List<object>();
        var actor = _sim.System.ActorOf(Props.Create(() => new Typed(1, log)));
        var unhandled = _sim.Events<UnhandledMessage>();
        _sim.TellAndRun(actor, 3, 30, "x", 2.5, 'c', "switch", "y", 1L);

        log.ShouldBe(["small 3", "int 30", "string x 1", "maybe 2.5", "switched y", "any 1"]);
        unhandled.Select(u => u.Message).ShouldBe(['c']);
    }

    [Fact]
    public void Handlers_cannot_be_declared_later()
    {
        var log = new List<object>();
        var actor = _sim.System.ActorOf(Props.Create(() => new Typed(1, log)));
        _sim.TellAndRun(actor, new DateTime(1));

        log.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>();
    }

    [Fact]
    public void Paths_are_text_without_an_address()
    {
        var path = ActorPath.Root / "user" / "a" / "b";

        path.ToString().ShouldBe("/user/a/b");
        path.Elements.ShouldBe(["user", "a", "b"]);
        path.Name.ShouldBe("b");
        path.Parent.ShouldBe(ActorPath.Root / "user" / "a");
        path.WithUid(7).ShouldBe(path);
        path.WithUid(7).Uid.ShouldBe(7);
        ActorPath.Root.ToString().ShouldBe("/");
        ActorPath.Root.Parent.ShouldBe(ActorPath.Root);
        path.GetHashCode().ShouldBe(-37431656, "that of the text, in every process: simulations are told apart by it");
        path.ShouldBe(ActorPath.Root.WithUid(3) / "user" / "a" / "b");
        (ActorPath.Root / "user" / "a").ShouldNotBe(ActorPath.Root / "other" / "a");
        path.ShouldNotBe(path.Parent);
        (ActorPath.Root / "a-b").CompareTo(ActorPath.Root / "a" / "b").ShouldBeLessThan(0, "as texts");
    }

    [Fact]
    public void A_mailbox_holds_its_capacity_and_drops_what_is_beyond()
    {
        var sim = new SimHarness(1, s => s with { MailboxCapacity = 100 });
        var dropped = sim.Events<Dropped>();
        var handled = 0;
        var actor = sim.Actor((_, _) => handled++);
        for (var i = 1; i <= 100; i++)
        {
            actor.Tell(i, ActorRefs.NoSender);
        }

        ActorTree.Counters(sim.System).Dropped.ShouldBe(0);
        actor.Tell(101, ActorRefs.NoSender);
        ActorTree.Counters(sim.System).Dropped.ShouldBe(1);
        sim.Run();

        handled.ShouldBe(100);
        dropped.ShouldHaveSingleItem().Message.ShouldBe(101);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    [InlineData(2000)]
    public void A_queue_takes_its_capacity_and_not_one_more(int capacity)
    {
        var queue = new MessageQueue(capacity);
        var taken = 0;
        while (taken <= capacity && queue.TryEnqueue(taken, null, force: false))
        {
            taken++;
        }

        // The last ring is a power of two of at least two slots, so an odd rest of one stays unused.
        taken.ShouldBe(capacity - (capacity % 2));
        queue.Count.ShouldBe(taken);
        queue.TryEnqueue("forced", null, force: true).ShouldBeTrue();
        for (var i = 0; i < taken; i++)
        {
            queue.TryDequeue(out var message, out _).ShouldBeTrue();
            message.ShouldBe(i);
        }

        queue.TryDequeue(out var last, out _).ShouldBeTrue();
        last.ShouldBe("forced");
        queue.TryDequeue(out _, out _).ShouldBeFalse();
        queue.HasMessages.ShouldBeFalse();
    }

    [Fact]
    public void A_queue_keeps_its_order_through_growth_and_reuse()
    {
        var queue = new MessageQueue(1 << 20);
        var random = new Random(5);
        var written = 0;
        var read = 0;
        for (var round = 0; round < 400; round++)
        {
            for (var i = random.Next(3000); i > 0; i--)
            {
                queue.TryEnqueue(written++, null, force: false).ShouldBeTrue();
            }

            for (var i = random.Next(3000); i > 0 && queue.TryDequeue(out var message, out _); i--)
            {
                message.ShouldBe(read++);
            }

            queue.Count.ShouldBe(written - read);
        }

        while (queue.TryDequeue(out var message, out _))
        {
            message.ShouldBe(read++);
        }

        read.ShouldBe(written);
    }

    [Fact]
    public void The_tree_shows_places_depths_restarts_and_failures()
    {
        var actor = _sim.Actor((_, _) => throw new Boom(), "failing");
        _sim.TellAndRun(actor, "x");
        _sim.Sim.AdvanceBy(TimeSpan.FromSeconds(5));
        actor.Tell("1", ActorRefs.NoSender);
        actor.Tell("2", ActorRefs.NoSender);

        var tree = ActorTree.Walk(_sim.System).ToList();
        tree.Select(a => a.Path.ToString()).ShouldBe(["/", "/user", "/user/failing", "/system"]);
        var failing = tree[2];
        failing.MailboxDepth.ShouldBe(2);
        failing.Restarts.ShouldBe(1);
        failing.LastFailure.ShouldBeOfType<Boom>();
        failing.LastFailureAt.ShouldBe(SimulationSettings.Default.Start);
        failing.ActorType.ShouldBe(typeof(Scripted));
        failing.IsStopping.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a b")]
    public void Malformed_system_names_are_refused(string name) => Should.Throw<ArgumentException>(() => ActorSystem.Create(name));

    [Fact]
    public void An_unknown_dispatcher_is_refused() =>
        Should.Throw<ConfigurationException>(() => _sim.System.ActorOf(Scripted.With(new Script()).WithDispatcher("none")));

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new ActorSystemSettings { MailboxCapacity = 1 });
        Should.Throw<ArgumentOutOfRangeException>(() => new ActorSystemSettings { StashCapacity = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new DispatcherSettings(DispatcherKind.ThreadPool, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => new SimulationSettings { MaxStepsPerInstant = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => new CoordinatedShutdownSettings { DefaultPhaseTimeout = TimeSpan.Zero });
    }

    private static int Next(ref int made) => ++made;

    private static Typed Make() => throw new NotSupportedException();

    private sealed class Typed : ReceiveActor
    {
        public Typed(int number, List<object> log)
        {
            Receive<int>(i => log.Add("small " + i), i => i < 10);
            Receive<int>(i => i >= 10, i => log.Add("int " + i));
            Receive<string>(
                s =>
                {
                    log.Add($"string {s} {number}");
                },
                s => s != "switch");
            Receive<double>(d =>
            {
                log.Add("maybe " + d);
                return true;
            });
            Receive<string>(_ => Become(() =>
            {
                Receive<string>(s => log.Add("switched " + s));
                ReceiveAny(m => log.Add("any " + m));
            }));
            Receive(typeof(DateTime), _ => log.Add(Record.Exception(() => Receive<byte>(_ => { }))!));
        }
    }

    private sealed class Producer : IIndirectActorProducer
    {
        public int Produced { get; private set; }

        public int Released { get; private set; }

        public Type ActorType => typeof(Scripted);

        public ActorBase Produce()
        {
            Produced++;
            return new Scripted(new Script
            {
                OnMessage = (_, message) =>
                {
                    if (message is "fail")
                    {
                        throw new Boom();
                    }
                },
            });
        }

        public void Release(ActorBase actor) => Released++;
    }
}
