namespace Swarm.Kernel;

/// <summary>Options for a supervisor that begins its child anew after a pause that grows with each failure.</summary>
public static class Backoff
{
    /// <summary>For a child that fails: where its strategy says restart, it is stopped and begun anew after the pause.</summary>
    /// <param name="childProps">The child.</param>
    /// <param name="childName">Its name.</param>
    /// <param name="minBackoff">The first pause, which doubles each time.</param>
    /// <param name="maxBackoff">The longest pause.</param>
    /// <param name="randomFactor">Adds up to this share of the pause, 0 to 1.</param>
    /// <param name="maxNrOfRetries">How often; after that the supervisor stops itself. Negative is no limit.</param>
    public static BackoffOptions OnFailure(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        new(onFailure: true, childProps, childName, minBackoff, maxBackoff, randomFactor, maxNrOfRetries);

    /// <summary>For a child that stops: it is begun anew after the pause, whatever it stopped for.</summary>
    /// <inheritdoc cref="OnFailure"/>
    public static BackoffOptions OnStop(
        Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries) =>
        new(onFailure: false, childProps, childName, minBackoff, maxBackoff, randomFactor, maxNrOfRetries);
}

/// <summary>What <see cref="BackoffSupervisor.Props(BackoffOptions)"/> takes; immutable.</summary>
public sealed class BackoffOptions
{
    internal BackoffOptions(
        bool onFailure, Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor, int maxNrOfRetries)
    {
        OnFailure = onFailure;
        ChildProps = childProps;
        ChildName = childName;
        MinBackoff = minBackoff > TimeSpan.Zero ? minBackoff : throw new ArgumentException("MinBackoff must be greater than 0");
        MaxBackoff = maxBackoff >= minBackoff ? maxBackoff : throw new ArgumentException("MaxBackoff must be greater than MinBackoff");
        RandomFactor = randomFactor is >= 0 and <= 1 ? randomFactor : throw new ArgumentException("RandomFactor must be between 0.0 and 1.0");
        Strategy = new OneForOneStrategy(SupervisorStrategy.DefaultDecider).WithMaxNrOfRetries(maxNrOfRetries);
        ResetBackoff = minBackoff;
    }

    private BackoffOptions(BackoffOptions other)
    {
        OnFailure = other.OnFailure;
        ChildProps = other.ChildProps;
        ChildName = other.ChildName;
        MinBackoff = other.MinBackoff;
        MaxBackoff = other.MaxBackoff;
        RandomFactor = other.RandomFactor;
        Strategy = other.Strategy;
        ResetBackoff = other.ResetBackoff;
        ReplyWhileStopped = other.ReplyWhileStopped;
        IsFinalStopMessage = other.IsFinalStopMessage;
    }

    internal bool OnFailure { get; }

    internal Props ChildProps { get; }

    internal string ChildName { get; }

    internal TimeSpan MinBackoff { get; }

    internal TimeSpan MaxBackoff { get; }

    internal double RandomFactor { get; }

    internal OneForOneStrategy Strategy { get; private init; }

    /// <summary>The child must live this long for the pauses to begin anew; null leaves that to the child.</summary>
    internal TimeSpan? ResetBackoff { get; private init; }

    internal object? ReplyWhileStopped { get; private init; }

    internal Func<object, bool>? IsFinalStopMessage { get; private init; }

    /// <summary>The pauses begin anew once the child has lived that long. The default, with the shortest pause.</summary>
    public BackoffOptions WithAutoReset(TimeSpan resetBackoff) => new(this) { ResetBackoff = resetBackoff };

    /// <summary>The pauses begin anew when the child tells its parent <see cref="BackoffSupervisor.Reset"/>.</summary>
    public BackoffOptions WithManualReset() => new(this) { ResetBackoff = null };

    /// <summary>How the child's failures are judged; its limit replaces the one given before.</summary>
    public BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy) => new(this) { Strategy = supervisorStrategy };

    /// <summary>Every failure stops the child.</summary>
    public BackoffOptions WithDefaultStoppingStrategy() =>
        new(this) { Strategy = new OneForOneStrategy(Strategy.MaxNumberOfRetries, null, SupervisorStrategy.StoppingStrategy.Decider) };

    /// <summary>Answers what comes during a pause; otherwise that becomes dead letters.</summary>
    public BackoffOptions WithReplyWhileStopped(object replyWhileStopped) => new(this) { ReplyWhileStopped = replyWhileStopped };

    public BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries) => new(this) { Strategy = Strategy.WithMaxNrOfRetries(maxNrOfRetries) };

    /// <summary>A message after which the child's stop is the supervisor's too.</summary>
    public BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage) => new(this) { IsFinalStopMessage = isFinalStopMessage };
}
