namespace Swarm.Kernel;

/// <summary>
/// An actor that declares a handler for each type of message, in its constructor or in the method given to
/// <see cref="Become(Action)"/>. The first handler that fits, in the order of declaration, takes the message.
/// </summary>
public abstract class ReceiveActor : ActorBase
{
    private readonly Stack<List<Func<object, bool>>> _declaring = new();
    private readonly List<Func<object, bool>> _initial = [];

    protected ReceiveActor() => _declaring.Push(_initial);

    protected sealed override bool Receive(object message)
    {
        // The first message ends the constructor's declarations.
        if (_declaring.Count > 0)
        {
            _declaring.Clear();
        }

        return Handle(_initial, message);
    }

    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Declaring().Add(message =>
        {
            if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            {
                return false;
            }

            handler(typed);
            return true;
        });
    }

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    /// <summary>A handler that may decline by returning false.</summary>
    protected void Receive<T>(Func<T, bool> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Declaring().Add(message => message is T typed && handler(typed));
    }

    protected void Receive(Type messageType, Action<object> handler, Predicate<object>? shouldHandle = null)
    {
        ArgumentNullException.ThrowIfNull(messageType);
        ArgumentNullException.ThrowIfNull(handler);
        Declaring().Add(message =>
        {
            if (!messageType.IsInstanceOfType(message) || (shouldHandle is not null && !shouldHandle(message)))
            {
                return false;
            }

            handler(message);
            return true;
        });
    }

    protected void Receive(Type messageType, Func<object, bool> handler)
    {
        ArgumentNullException.ThrowIfNull(messageType);
        ArgumentNullException.ThrowIfNull(handler);
        Declaring().Add(message => messageType.IsInstanceOfType(message) && handler(message));
    }

    /// <summary>Takes whatever no handler before it took.</summary>
    protected void ReceiveAny(Action<object> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Declaring().Add(message =>
        {
            handler(message);
            return true;
        });
    }

    /// <summary>Replaces the behaviour by the handlers that <paramref name="configure"/> declares.</summary>
    protected void Become(Action configure)
    {
        var handlers = Declare(configure);
        Become(message => Handle(handlers, message));
    }

    /// <summary>Puts the handlers that <paramref name="configure"/> declares on the stack.</summary>
    protected void BecomeStacked(Action configure)
    {
        var handlers = Declare(configure);
        BecomeStacked(message => Handle(handlers, message));
    }

    private static bool Handle(List<Func<object, bool>> handlers, object message)
    {
        foreach (var handler in handlers)
        {
            if (handler(message))
            {
                return true;
            }
        }

        return false;
    }

    private List<Func<object, bool>> Declare(Action configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var handlers = new List<Func<object, bool>>();
        _declaring.Push(handlers);
        try
        {
            configure();
        }
        finally
        {
            _declaring.Pop();
        }

        return handlers;
    }

    private List<Func<object, bool>> Declaring() =>
        _declaring.Count > 0
            ? _declaring.Peek()
            : throw new InvalidOperationException(
                "You may only call Receive-methods when constructing the actor and inside Become().");
}
