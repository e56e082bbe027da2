namespace Swarm.Io.Disk;

/// <summary>What a device does when it is written to here and there.</summary>
internal enum DeviceKind
{
    /// <summary>Nobody says: memory, a network, layers of file systems, a virtual machine's disk, a system that is no Linux.</summary>
    Unknown,

    /// <summary>It has no head to move.</summary>
    Solid,

    /// <summary>It has one, and each move costs as much as writing a megabyte.</summary>
    Rotational,
}

/// <summary>The device that a storage's files lie on, as far as it is known.</summary>
/// <param name="Name">The whole disk, of which a file system may be a part: <c>sda</c>; where there is no such name, the number of the file system as <c>major:minor</c>, or "" where there is not even that.</param>
/// <param name="Kind">What it does.</param>
internal readonly record struct DeviceTraits(string Name, DeviceKind Kind)
{
    /// <summary>Of which nothing is known.</summary>
    public static DeviceTraits Unknown { get; } = new("", DeviceKind.Unknown);
}
