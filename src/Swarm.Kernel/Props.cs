using System.Linq.Expressions;
using System.Reflection;

namespace Swarm.Kernel;

/// <summary>Makes actors in a way of its own, for <see cref="Props.CreateBy(IIndirectActorProducer, object[])"/>.</summary>
public interface IIndirectActorProducer
{
    /// <summary>What it makes.</summary>
    Type ActorType { get; }

    /// <summary>Makes a new incarnation; called again at every restart.</summary>
    ActorBase Produce();

    /// <summary>Takes an incarnation back that will not be used again.</summary>
    void Release(ActorBase actor);
}

/// <summary>
/// How to make an actor, and how to run and supervise it. Immutable. The arguments are evaluated once, when the props
/// are made, and every incarnation gets the same ones, so they must not be state that an incarnation changes.
/// </summary>
public sealed class Props
{
    private readonly IIndirectActorProducer _producer;

    private Props(IIndirectActorProducer producer, object?[] arguments, string dispatcher, SupervisorStrategy? strategy)
    {
        _producer = producer;
        Arguments = arguments;
        Dispatcher = dispatcher;
        SupervisorStrategy = strategy;
    }

    /// <summary>The actor's class.</summary>
    public Type Type => _producer.ActorType;

    /// <summary>The constructor's arguments.</summary>
    public object?[] Arguments { get; }

    /// <summary>The id of the dispatcher.</summary>
    public string Dispatcher { get; }

    /// <summary>Overrides the actor's own strategy; null does not.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; }

    /// <summary>Props from a <c>new</c> expression, such as <c>Props.Create(() => new Peer(link, clock))</c>.</summary>
    /// <exception cref="ArgumentException">The expression is not a plain <c>new</c>.</exception>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null)
        where TActor : ActorBase
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (factory.Body is not NewExpression { Constructor: { } constructor } construction)
        {
            throw new ArgumentException("The create function must be a 'new T (args)' expression", nameof(factory));
        }

        var arguments = new object?[construction.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Evaluate(construction.Arguments[i]);
        }

        var producer = new ConstructorProducer(constructor, arguments);
        return new Props(producer, arguments, Dispatchers.DefaultDispatcherId, supervisorStrategy);
    }

    /// <summary>Props for a constructor that takes these arguments.</summary>
    public static Props Create<TActor>(params object?[] args)
        where TActor : ActorBase => Of(typeof(TActor), args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy)
        where TActor : ActorBase, new() => Of(typeof(TActor), []).WithSupervisorStrategy(supervisorStrategy);

    public static Props Create(Type type, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Of(type, args);
    }

    public static Props CreateBy(IIndirectActorProducer producer, params object?[] args)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return new Props(producer, args, Dispatchers.DefaultDispatcherId, null);
    }

    public static Props CreateBy<TProducer>(params object?[] args)
        where TProducer : class, IIndirectActorProducer =>
        CreateBy((TProducer)Activator.CreateInstance(typeof(TProducer), args)!, args);

    /// <summary>The same with a dispatcher from the system's settings.</summary>
    public Props WithDispatcher(string dispatcher) => new(_producer, Arguments, dispatcher, SupervisorStrategy);

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) => new(_producer, Arguments, Dispatcher, supervisorStrategy);

    internal ActorBase NewActor() =>
        _producer.Produce() ?? throw new ActorInitializationException($"The producer of [{Type}] returned null");

    internal void Release(ActorBase actor) => _producer.Release(actor);

    private static Props Of(Type type, object?[] args) =>
        new(new ActivatorProducer(type, args), args, Dispatchers.DefaultDispatcherId, null);

    // Arguments are nearly always constants and captured variables, which reflection reads in a fraction of the time
    // that compiling the expression takes; anything else is interpreted.
    private static object? Evaluate(Expression argument) => argument switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Member: FieldInfo field, Expression: var owner } => field.GetValue(owner is null ? null : Evaluate(owner)),
        MemberExpression { Member: PropertyInfo property, Expression: var owner } =>
            property.GetValue(owner is null ? null : Evaluate(owner)),
        UnaryExpression { NodeType: ExpressionType.Convert, Method: null } convert
            when convert.Type.IsAssignableFrom(convert.Operand.Type) => Evaluate(convert.Operand),
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)(),
    };

    private static void Dispose(ActorBase actor) => (actor as IDisposable)?.Dispose();

    private sealed class ConstructorProducer(ConstructorInfo constructor, object?[] arguments) : IIndirectActorProducer
    {
        private readonly ConstructorInvoker _invoker = ConstructorInvoker.Create(constructor);

        public Type ActorType { get; } = constructor.DeclaringType!;

        public ActorBase Produce() => (ActorBase)_invoker.Invoke(arguments.AsSpan());

        public void Release(ActorBase actor) => Dispose(actor);
    }

    private sealed class ActivatorProducer(Type type, object?[] arguments) : IIndirectActorProducer
    {
        public Type ActorType { get; } = type;

        public ActorBase Produce() => (ActorBase)Activator.CreateInstance(
            ActorType, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

        public void Release(ActorBase actor) => Dispose(actor);
    }
}
