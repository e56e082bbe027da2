namespace Swarm.TestKit;

/// <summary>
/// A test actor of its own, to stand in for an actor that the one under test talks to: it receives, expects, answers. Its expectations, <c>Within</c> and defaults are its own. Unlike in Akka.NET a
/// probe is not itself a handle, which could not be watched: hand out <see cref="Ref"/>.
/// </summary>
public sealed class TestProbe : TestKitBase, ICanTell
{
    public TestProbe(ActorSystem system, TestKitSettings? settings = null, string? testProbeName = null)
        : base(system, settings, testProbeName, "testProbe")
    {
    }

    /// <summary>The probe's actor.</summary>
    public IActorRef Ref => TestActor;

    /// <summary>Who told the last message that was taken or looked at.</summary>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public IActorRef Sender => LastSender ?? throw new InvalidOperationException($"{this} has received no message yet, so there is no sender.");

    /// <summary>Tells the actor something, with the probe as sender.</summary>
    public void Send(IActorRef actor, object message) => actor.Tell(message, Ref);

    /// <summary>Tells the probe's actor something.</summary>
    public void Tell(object message, IActorRef? sender) => Ref.Tell(message, sender);

    /// <summary>Answers the sender of the last message, with the probe as sender.</summary>
    public void Reply(object message) => Sender.Tell(message, Ref);

    /// <summary>Tells the last message on, with its sender.</summary>
    public void Forward(IActorRef actor) => Forward(actor, LastMessage ?? throw new InvalidOperationException($"{this} has received no message yet, so there is none to forward."));

    /// <summary>Tells the actor something, with the sender of the last message.</summary>
    public void Forward(IActorRef actor, object message) => actor.Tell(message, Sender);

    public override string ToString() => $"TestProbe({Ref})";
}
