using System.Collections.Immutable;
using Swarm.Actors.Ports;
using Swarm.Actors.Store;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.Actors.Store;

/// <summary>A store actor below a parent, a store that the test answers for, and a sender, in virtual time.</summary>
public abstract class StoreActorFixture : IDisposable
{
    protected static InfoHash One { get; } = new(Enumerable.Repeat((byte)1, 20).ToArray());

    protected static InfoHash Two { get; } = new(Enumerable.Repeat((byte)2, 20).ToArray());

    protected StoreActorFixture() => (TorrentActor, Replies) = World.Probe("torrent");

    private protected SimHarness World { get; } = new();

    private protected FakeStore Fake { get; } = new();

    private protected ListLoggerFactory Log { get; } = new();

    protected IActorRef TorrentActor { get; }

    protected List<object> Replies { get; }

    public void Dispose()
    {
        Log.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static StoreCommand Any(Random random) => random.Next(4) switch
    {
        0 => new StoreCommand.ListTorrents(),
        1 => new StoreCommand.LoadTorrent(random.Next(2) == 0 ? One : Two),
        _ => Progress(random.Next(2) == 0 ? One : Two, token: random.Next(1, 3), random.Next()),
    };

    protected static StoreCommand.PutProgress Progress(InfoHash torrent, long token, long downloaded) =>
        new(torrent, token, new ProgressRecord([], [], downloaded, 0, CompletedTold: false));

    protected static StoreCommand.PutTorrent Torrent(InfoHash torrent, int bytes) =>
        new(torrent, 1, new TorrentRecord(ImmutableArray.Create(new byte[bytes]), Magnet: null, "/", 0));

    protected IActorRef Start(StoreActorSettings? settings = null, Action<Exception>? onFailure = null, Directive directive = Directive.Stop)
    {
        IActorRef? store = null;
        World.Actor(
            new Script
            {
                OnPreStart = node => store = node.Ctx.ActorOf(StoreActor.Props(Fake, settings ?? StoreActorSettings.Default, Log), "store"),
                Strategy = new OneForOneStrategy(failure =>
                {
                    onFailure?.Invoke(failure);
                    return directive;
                }),
            },
            "node");
        World.Run();
        return store!;
    }

    protected void Run(IActorRef store, long tag, StoreCommand command)
    {
        store.Tell(new StoreActor.Run(command, tag), TorrentActor);
        World.Run();
    }

    protected void Commit(params ImmutableArray<StoreOutcome> outcomes)
    {
        Fake.Last.Commit(outcomes);
        World.Run();
    }

    protected void FailTransiently()
    {
        Fake.Last.Fail("disk full", transient: true);
        World.Run();
    }

    protected StoreActor.Counters Inspect(IActorRef store)
    {
        var (probe, received) = World.Probe();
        store.Tell(new StoreActor.Inspect(), probe);
        World.Run();
        return received.ShouldHaveSingleItem().ShouldBeOfType<StoreActor.Counters>();
    }

    protected IEnumerable<long> Tags() => Replies.OfType<StoreActor.Ran>().Select(ran => ran.Tag);

    protected IEnumerable<long> AnsweredTags() =>
        Replies.Select(reply => reply is StoreActor.Ran ran ? ran.Tag : reply.ShouldBeOfType<StoreActor.RunFailed>().Tag);

}
