using System.Collections.Immutable;

namespace Swarm.Hocon;

/// <summary>What <see cref="HoconConfigurationProvider"/> throws, because .NET's configuration has no other way to refuse: all errors at once, a line each.</summary>
public sealed class HoconException(ImmutableArray<HoconError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>At least one.</summary>
    public ImmutableArray<HoconError> Errors { get; } = errors;
}
