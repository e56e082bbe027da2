using System.Net;
using Swarm.Actors.Dht;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Dht;

/// <summary>One node of a <see cref="SimDht"/>.</summary>
public sealed class SimDhtNode
{
    private readonly SimDht _network;

    internal SimDhtNode(SimDht network, SimHost host, int number)
    {
        _network = network;
        Host = host;
        Number = number;
        Address = new IPEndPoint(host.Address, SimDht.Port);
        CameAt = network.Simulation.Elapsed;
    }

    /// <summary>When it came, in virtual time.</summary>
    public TimeSpan CameAt { get; }

    /// <summary>Its machine.</summary>
    public SimHost Host { get; }

    /// <summary>How many came before it.</summary>
    public int Number { get; }

    /// <summary>Where it is.</summary>
    public IPEndPoint Address { get; }

    /// <summary>The actor.</summary>
    public IActorRef Actor { get; internal set; } = ActorRefs.Nobody;

    /// <summary>Whether it has not left.</summary>
    public bool IsThere { get; private set; } = true;

    /// <summary>Its id when it was last asked for.</summary>
    public NodeId Id { get; private set; }

    /// <summary>How it stands.</summary>
    public DhtStatus Status()
    {
        var status = (DhtStatus)Answers(new DhtActor.GetStatus(), message => message is DhtStatus)[^1];
        Id = status.Id;
        return status;
    }

    /// <summary>Runs a command to its end: the answer, and what streamed before it.</summary>
    public IReadOnlyList<object> Answers(object command) => Answers(command, IsLast);

    /// <summary>Runs a command to its end, which must be a <typeparamref name="T"/>.</summary>
    /// <exception cref="InvalidOperationException">It is another.</exception>
    public T Ask<T>(object command)
    {
        var answer = Answers(command)[^1];
        return answer is T expected ? expected : throw new InvalidOperationException($"{command} was answered with {answer}.");
    }

    /// <summary>Begins a command, whose end is <paramref name="answered"/>; what streams before it is dropped.</summary>
    public void Begin(object command, Action<object> answered)
    {
        IActorRef? probe = null;
        probe = _network.Probe(message =>
        {
            if (!IsLast(message)) return;
            _network.Stop(probe!);
            answered(message);
        });
        Actor.Tell(command, probe);
    }

    /// <summary>It leaves without a word: the machine is off.</summary>
    public void Leave()
    {
        IsThere = false;
        Host.Crash();
        _network.Remove(this);
    }

    /// <summary>Where the network has it in its list of those that are there.</summary>
    internal int Place { get; set; }

    /// <summary>Learns its id as soon as the actor has had a turn.</summary>
    internal void AskId() => Begin(new DhtActor.GetStatus(), message => Id = ((DhtStatus)message).Id);

    private static bool IsLast(object message) => message is not DhtActor.PeersFound;

    private List<object> Answers(object command, Func<object, bool> isLast)
    {
        var answers = new List<object>();
        var probe = _network.Probe(answers.Add);
        Actor.Tell(command, probe);
        if (!_network.Simulation.RunUntil(() => answers.Exists(message => isLast(message)), TimeSpan.FromMinutes(5))) throw new InvalidOperationException($"{command} was not answered.");
        _network.Stop(probe);
        return answers;
    }
}
