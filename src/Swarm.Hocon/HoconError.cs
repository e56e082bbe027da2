namespace Swarm.Hocon;

/// <summary>Something wrong with a configuration, as a value: where, what, and what to do about it where that is known.</summary>
/// <param name="Origin">The place.</param>
/// <param name="Message">One line for people, without the place.</param>
/// <param name="Hint">What would be right, one line; null if there is nothing to add.</param>
public sealed record HoconError(HoconOrigin Origin, string Message, string? Hint = null)
{
    /// <summary>One line: place, message, hint.</summary>
    public override string ToString() => Hint is null ? $"{Origin}: {Message}" : $"{Origin}: {Message}; {Hint}";
}
