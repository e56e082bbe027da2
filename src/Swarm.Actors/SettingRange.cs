using System.Runtime.CompilerServices;

namespace Swarm.Actors;

/// <summary>Holds a setting to its documented range.</summary>
internal static class SettingRange
{
    /// <summary>Returns <paramref name="value"/> if it lies within the range, both ends included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not.</exception>
    public static T Check<T>(T value, T minimum, T maximum, [CallerMemberName] string name = "")
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0) throw new ArgumentOutOfRangeException(name, value, $"{name} must lie between {minimum} and {maximum}.");
        return value;
    }
}
