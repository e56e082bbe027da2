using System.Collections.Immutable;
using System.Globalization;
using Swarm.TestKit.World;

namespace Swarm.TestKit.Scenarios;

/// <summary>One thing that a scenario left open and its seed has decided.</summary>
public sealed record Drawn(string Name, string Value);

/// <summary>
/// What a scenario leaves open is drawn here, each by a name: from a stream of its own, so that one draw never shifts another, and taken down, so that a failure can say what it ran with. A name that is
/// drawn again goes on with its stream.
/// </summary>
public sealed class Dice(SeedTree seeds)
{
    private readonly List<Drawn> _drawn = [];
    private readonly SortedDictionary<string, Random> _streams = new(StringComparer.Ordinal);

    /// <summary>What was drawn, in order.</summary>
    public ImmutableArray<Drawn> Drawn => [.. _drawn];

    /// <summary>A whole number; both bounds can come.</summary>
    public int Between(string name, int least, int most) => Note(name, Stream(name).Next(least, most + 1));

    /// <summary>A length in bytes; both bounds can come.</summary>
    public long Between(string name, long least, long most) => Note(name, Stream(name).NextInt64(least, most + 1));

    /// <summary>A share or a rate.</summary>
    public double Between(string name, double least, double most) => Note(name, least + (Stream(name).NextDouble() * (most - least)));

    /// <summary>A time, in whole milliseconds.</summary>
    public TimeSpan Between(string name, TimeSpan least, TimeSpan most) =>
        Note(name, TimeSpan.FromMilliseconds(Stream(name).NextInt64((long)least.TotalMilliseconds, (long)most.TotalMilliseconds + 1)));

    /// <summary>Yes with a chance of 0 to 1.</summary>
    public bool Chance(string name, double chance) => Note(name, Stream(name).NextDouble() < chance);

    /// <summary>One of several.</summary>
    public T OneOf<T>(string name, params ReadOnlySpan<T> choices) => Note(name, choices[Stream(name).Next(choices.Length)]);

    /// <summary>The stream behind a name, for what is drawn together and taken down with <see cref="Note{T}"/>.</summary>
    public Random Stream(string name)
    {
        if (!_streams.TryGetValue(name, out var stream)) _streams.Add(name, stream = seeds.Fork("draw/" + name));
        return stream;
    }

    /// <summary>Takes down what was decided.</summary>
    public T Note<T>(string name, T value)
    {
        _drawn.Add(new Drawn(name, value switch
        {
            TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s"),
            IFormattable number => number.ToString(value is double ? "0.####" : null, CultureInfo.InvariantCulture),
            _ => value?.ToString() ?? "none",
        }));
        return value;
    }
}
