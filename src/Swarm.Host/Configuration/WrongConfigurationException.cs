using System.Collections.Immutable;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>The configuration has errors: all of them, each a line with its place.</summary>
internal sealed class WrongConfigurationException(ImmutableArray<HoconError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>At least one.</summary>
    public ImmutableArray<HoconError> Errors { get; } = errors;
}
