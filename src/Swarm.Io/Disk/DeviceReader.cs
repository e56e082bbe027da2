namespace Swarm.Io.Disk;

/// <summary>
/// Asks Linux's sysfs what disk a file system lies on: <c>dev/block/MAJOR:MINOR</c> is a link to the device, or to a part of it, whose folder lies in the disk's; the disk has <c>queue/rotational</c>, and in <c>slaves</c> the disks that it is made of,
/// if it is made of others (encrypted, a volume, an array). One that is made of one other is that other, so that two volumes of a disk are one device.
/// <para>
/// What has no entry there (memory, networks, layers of folders) is unknown. So is a virtual machine's disk that calls itself rotational, and what is made of such: it says so because nobody told it otherwise, and what it lies on may be anything.
/// </para>
/// Reads a few small files of the kernel's and never throws; a file that is missing or strange makes the device unknown.
/// </summary>
/// <param name="sysfs">Where sysfs is; a test's folder.</param>
internal sealed class DeviceReader(string sysfs = "/sys")
{
    /// <summary>Disks made of disks made of disks are followed so far.</summary>
    private const int MaxLayers = 8;

    /// <summary>Drivers of virtual machines by the names of their disks (virtio, Xen).</summary>
    private static readonly string[] VirtualNames = ["vd", "xvd"];

    /// <summary>What emulated disks of other drivers have in their maker's name or their own.</summary>
    private static readonly string[] VirtualMakers = ["QEMU", "VBOX", "VMware", "Msft", "Virtual"];

    /// <summary>The device of that number.</summary>
    public DeviceTraits Read(uint major, uint minor)
    {
        var number = $"{major}:{minor}";
        try
        {
            if (DiskAt(Path.Combine(sysfs, "dev", "block", number)) is not { } disk) return new DeviceTraits(number, DeviceKind.Unknown);
            for (var layer = 0; layer < MaxLayers && PartsOf(disk) is [{ } only]; layer++) disk = only;
            return new DeviceTraits(Path.GetFileName(disk), KindOf(disk));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DeviceTraits(number, DeviceKind.Unknown);
        }
    }

    /// <summary>The folder of the disk that a link leads to, or to a part of; null: it leads nowhere, or to no disk.</summary>
    private static string? DiskAt(string link)
    {
        var entry = new DirectoryInfo(link);
        if (!entry.Exists || entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName is not { } device) return null;
        return IsDisk(device) ? device : Path.GetDirectoryName(device) is { } whole && IsDisk(whole) ? whole : null;
    }

    private static bool IsDisk(string folder) => File.Exists(Path.Combine(folder, "queue", "rotational"));

    private static List<string?> PartsOf(string disk)
    {
        var folder = new DirectoryInfo(Path.Combine(disk, "slaves"));
        return folder.Exists ? [.. folder.EnumerateFileSystemInfos().Select(part => DiskAt(part.FullName)).Distinct()] : [];
    }

    private static DeviceKind KindOf(string disk) => Text(disk, "queue", "rotational") switch
    {
        "0" => DeviceKind.Solid,
        "1" when !IsVirtual(disk, layer: 0) => DeviceKind.Rotational,
        _ => DeviceKind.Unknown,
    };

    private static bool IsVirtual(string disk, int layer)
    {
        var name = Path.GetFileName(disk);
        var maker = Text(disk, "device", "vendor") + " " + Text(disk, "device", "model");
        return VirtualNames.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))
            || VirtualMakers.Any(word => maker.Contains(word, StringComparison.Ordinal))
            || (layer < MaxLayers && PartsOf(disk).Any(part => part is not null && IsVirtual(part, layer + 1)));
    }

    private static string Text(string disk, string folder, string file)
    {
        var path = Path.Combine(disk, folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
