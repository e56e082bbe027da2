using System.Runtime.CompilerServices;

namespace Swarm.Protocol.Primitives;

/// <summary>The check that every settings record makes of every value: a limit outside its range is refused where it is set, not where it hurts.</summary>
public static class Setting
{
    /// <summary>Passes <paramref name="value"/> on if it lies in the range, both ends included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not; the message names the setting, the value and the bound.</exception>
    public static T InRange<T>(T value, T low, T high, [CallerMemberName] string name = "") where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, low, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high, name);
        return value;
    }
}
