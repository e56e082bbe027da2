using Swarm.TestKit.World;

namespace Swarm.Sim.Playing;

/// <summary>A run as text, a line for each message that an actor handles and each event of the network. Two runs of a seed give the same text; where they do not, <c>diff</c> shows the first difference.</summary>
internal sealed class TraceFile(string path) : IDisposable
{
    private readonly StreamWriter _lines = new(path);

    /// <summary>Writes down what happens in a world, from now on.</summary>
    public void Follow(SimWorld world)
    {
        var history = world.Simulation.Trace;
        world.Simulation.Trace = turn =>
        {
            history?.Invoke(turn);
            var type = turn.Message.GetType();
            _lines.WriteLine($"{turn.At.TotalSeconds,14:0.0000000} {turn.System.Name} {turn.Recipient} <- {(type.DeclaringType is { } owner ? $"{owner.Name}.{type.Name}" : type.Name)}");
        };
        world.Network.Trace = (at, what) => _lines.WriteLine($"{at.TotalSeconds,14:0.0000000} network {what}");
    }

    public void Dispose() => _lines.Dispose();
}
