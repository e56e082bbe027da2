using System.Runtime.CompilerServices;

namespace Swarm.Protocol.Trackers;

/// <summary>Holds a setting to its range where it is set, so that no later code meets a value that makes no sense.</summary>
internal static class SettingRange
{
    /// <summary>The value itself, if it is within both bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not; the message names the setting and the range.</exception>
    public static T Check<T>(T value, T minimum, T maximum, [CallerMemberName] string name = "") where T : IComparable<T> =>
        value.CompareTo(minimum) >= 0 && value.CompareTo(maximum) <= 0
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be between {minimum} and {maximum}.");
}
