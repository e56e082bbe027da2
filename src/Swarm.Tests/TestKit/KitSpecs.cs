using Swarm.TestKit;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit;

/// <summary>A spec of the kit, in the way its users write theirs: the class is the kit.</summary>
public abstract class KitSpecs : Swarm.TestKit.TestKit
{
    protected static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected KitSpecs(int seed = DefaultSeed, TestKitSettings? settings = null, Func<ActorSystemSettings, ActorSystemSettings>? configure = null)
        : base(seed, settings, configure)
    {
    }

    /// <summary>The text of the failure that the action is.</summary>
    protected static string Failure(Action action) => Should.Throw<TestKitAssertionException>(action).Message;

    protected IActorRef Echo(string? name = null) => Actor((me, message) => me.From.Tell(message), name);

    private protected IActorRef Actor(Action<Scripted, object> onMessage, string? name = null) => ActorOf(Scripted.With(new Script { OnMessage = onMessage }), name);

    /// <summary>Tells the test actor something later, from nobody.</summary>
    protected void Later(TimeSpan delay, object message) => Sys.Scheduler.ScheduleTellOnce(delay, TestActor, message, ActorRefs.NoSender);

    protected void TellSelf(params object[] messages)
    {
        foreach (var message in messages) TestActor.Tell(message, ActorRefs.NoSender);
    }
}
