namespace Swarm.TestKit;

/// <summary>
/// Drives a test actor: is called for each message that it receives, on its turn and before the message is queued, and answers for it. Each call returns the pilot for the next message:
/// another, itself, <see cref="KeepRunning"/> or <see cref="NoAutoPilot"/>. What it throws fails the test's next expectation.
/// </summary>
public abstract class AutoPilot
{
    /// <summary>Returned by a pilot that flies no further.</summary>
    public static NoAutoPilot NoAutoPilot => NoAutoPilot.Instance;

    /// <summary>Returned by a pilot that goes on.</summary>
    public static KeepRunning KeepRunning => KeepRunning.Instance;

    /// <summary>Handles one message.</summary>
    /// <param name="sender">Who told it; the dead letters where nobody did.</param>
    /// <param name="message">The message.</param>
    /// <returns>The pilot for the next one.</returns>
    public abstract AutoPilot Run(IActorRef sender, object message);
}

/// <summary>Does nothing, for ever.</summary>
public sealed class NoAutoPilot : AutoPilot
{
    private NoAutoPilot()
    {
    }

    public static NoAutoPilot Instance { get; } = new();

    public override AutoPilot Run(IActorRef sender, object message) => this;
}

/// <summary>Stands for the pilot that returns it; never flies.</summary>
public sealed class KeepRunning : AutoPilot
{
    private KeepRunning()
    {
    }

    public static KeepRunning Instance { get; } = new();

    public override AutoPilot Run(IActorRef sender, object message) => throw new InvalidOperationException("KeepRunning stands for another pilot and must not be installed.");
}

/// <summary>A pilot as a function.</summary>
public delegate AutoPilot AutoPilotDelegate(IActorRef sender, object message);

/// <summary>A pilot that is a function.</summary>
public sealed class DelegateAutoPilot(AutoPilotDelegate autoPilotDelegate) : AutoPilot
{
    private readonly AutoPilotDelegate _run = autoPilotDelegate ?? throw new ArgumentNullException(nameof(autoPilotDelegate));

    public override AutoPilot Run(IActorRef sender, object message) => _run(sender, message);
}
