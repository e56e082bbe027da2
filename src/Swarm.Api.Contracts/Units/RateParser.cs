namespace Swarm.Api.Contracts.Units;

/// <summary>Reads rates: a size (<see cref="SizeParser"/>) a second, with or without "/s" behind it. 0 is no limit. Pure.</summary>
public static class RateParser
{
    private const string PerSecond = "/s";

    /// <summary>Bytes a second.</summary>
    public static bool TryParse(string text, out long bytesPerSecond)
    {
        var size = text.Trim();
        if (size.EndsWith(PerSecond, StringComparison.OrdinalIgnoreCase)) size = size[..^PerSecond.Length];
        return SizeParser.TryParse(size, out bytesPerSecond);
    }
}
