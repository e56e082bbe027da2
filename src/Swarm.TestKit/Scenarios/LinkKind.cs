using System.Globalization;
using Swarm.TestKit.Net;

namespace Swarm.TestKit.Scenarios;

/// <summary>A kind of way to the world, of which each node of a group draws its own.</summary>
/// <param name="Name">For people.</param>
/// <param name="Draw">One of the kind.</param>
public sealed record LinkKind(string Name, Func<Random, LinkProfile> Draw)
{
    /// <summary>A line at home: 1 to 5 MB/s in, a fifth of that out, 5 to 30 ms.</summary>
    public static LinkKind Home { get; } = new("home", chance => Asymmetric(chance, 1_000_000, 5_000_000, 5, Milliseconds(chance, 5, 30)));

    /// <summary>A server: 5 to 20 MB/s each way, 1 to 10 ms.</summary>
    public static LinkKind Fast { get; } = new("fast", chance => Asymmetric(chance, 5_000_000, 20_000_000, 1, Milliseconds(chance, 1, 10)));

    /// <summary>A poor line: 60 to 250 kB/s in, a third of that out, 20 to 100 ms with jitter.</summary>
    public static LinkKind Slow { get; } = new("slow", chance => Asymmetric(chance, 60_000, 250_000, 3, Milliseconds(chance, 20, 100)) with { Jitter = Milliseconds(chance, 0, 50) });

    /// <summary>A line that moves a megabyte in some seconds: 200 to 500 kB/s each way, 5 to 30 ms; slow enough for something to happen meanwhile.</summary>
    public static LinkKind Steady { get; } = new("steady", chance => Asymmetric(chance, 200_000, 500_000, 1, Milliseconds(chance, 5, 30)));

    /// <summary>A bad radio link: 200 to 800 kB/s, 30 to 150 ms with jitter, of a hundred packets one to five are lost.</summary>
    public static LinkKind Lossy { get; } = new("lossy", chance => Asymmetric(chance, 200_000, 800_000, 2, Milliseconds(chance, 30, 150)) with
    {
        Jitter = Milliseconds(chance, 5, 60),
        Loss = 0.01 + (chance.NextDouble() * 0.04),
    });

    /// <summary>No limit and hardly a delay.</summary>
    public static LinkKind Unlimited { get; } = Exactly(LinkProfile.Default);

    /// <summary>Any of home, fast, slow and steady.</summary>
    public static LinkKind Any { get; } = new("any", chance => chance.Next(4) switch
    {
        0 => Home.Draw(chance),
        1 => Fast.Draw(chance),
        2 => Slow.Draw(chance),
        _ => Steady.Draw(chance),
    });

    /// <summary>This one for all.</summary>
    public static LinkKind Exactly(LinkProfile link) => new("given", _ => link);

    internal static string Describe(LinkProfile link) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rate(link.DownBytesPerSecond)} in, {Rate(link.UpBytesPerSecond)} out, {link.Latency.TotalMilliseconds:0} to {(link.Latency + link.Jitter).TotalMilliseconds:0} ms, loss {link.Loss:0.###}");

    private static string Rate(long bytesPerSecond) => bytesPerSecond == LinkProfile.Unlimited ? "unlimited" : string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1_000} kB/s");

    private static TimeSpan Milliseconds(Random chance, int least, int most) => TimeSpan.FromMilliseconds(chance.Next(least, most + 1));

    private static LinkProfile Asymmetric(Random chance, int least, int most, int ratio, TimeSpan latency)
    {
        var down = chance.Next(least, most + 1);
        return new LinkProfile { DownBytesPerSecond = down, UpBytesPerSecond = down / ratio, Latency = latency };
    }
}
