using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>A folder in the shape of sysfs: disks with parts, disks made of disks, and the links by number.</summary>
public sealed class DeviceReaderTests : IDisposable
{
    private readonly string _sysfs = Directory.CreateTempSubdirectory("swarm-sysfs-").FullName;

    public void Dispose() => Directory.Delete(_sysfs, recursive: true);

    [Theory]
    [InlineData(8, 0, "sda", "Rotational", "a whole disk")]
    [InlineData(8, 1, "sda", "Rotational", "a part of it")]
    [InlineData(259, 0, "nvme0n1", "Solid", "without a head")]
    [InlineData(259, 2, "nvme0n1", "Solid", "a part of it")]
    [InlineData(253, 0, "sda", "Rotational", "a volume on a part")]
    [InlineData(253, 1, "sda", "Rotational", "an encrypted volume on that volume: the same head")]
    [InlineData(9, 0, "md0", "Rotational", "an array of two has no one head, but it has heads")]
    [InlineData(254, 1, "vda", "Unknown", "a virtual machine's disk calls itself rotational because nobody told it otherwise")]
    [InlineData(253, 2, "vda", "Unknown", "a volume on such a disk")]
    [InlineData(9, 1, "md1", "Unknown", "an array with such a disk in it")]
    [InlineData(254, 16, "vdb", "Solid", "one that was told")]
    [InlineData(8, 16, "sdb", "Unknown", "an emulated disk of another driver, by its maker")]
    [InlineData(8, 32, "sdc", "Unknown", "by its own name")]
    [InlineData(8, 48, "sdd", "Unknown", "neither 0 nor 1")]
    [InlineData(0, 42, "0:42", "Unknown", "memory, a network, layers")]
    [InlineData(7, 7, "7:7", "Unknown", "a link that leads nowhere")]
    [InlineData(10, 1, "10:1", "Unknown", "a device that is no disk")]
    public void A_file_system_lies_on_the_disk_that_its_number_leads_to(int major, int minor, string name, string kind, string why)
    {
        Disk("8:0", "sda", "1", vendor: "ATA     ", model: "ST4000VN008-2DR1");
        Part("8:1", "sda", "sda1");
        Disk("8:16", "sdb", "1", vendor: "QEMU    ", model: "QEMU HARDDISK   ");
        Disk("8:32", "sdc", "1", vendor: "ATA     ", model: "VBOX HARDDISK   ");
        Disk("8:48", "sdd", "yes");
        Disk("259:0", "nvme0n1", "0");
        Part("259:2", "nvme0n1", "nvme0n1p2");
        Disk("254:0", "vda", "1");
        Part("254:1", "vda", "vda1");
        Disk("254:16", "vdb", "0");
        Disk("253:0", "dm-0", "1", parts: ["sda/sda1"]);
        Disk("253:1", "dm-1", "1", parts: ["dm-0"]);
        Disk("253:2", "dm-2", "1", parts: ["vda/vda1"]);
        Disk("9:0", "md0", "1", parts: ["sda", "nvme0n1"]);
        Disk("9:1", "md1", "1", parts: ["sda", "vda/vda1"]);
        Link("7:7", "gone");
        Directory.CreateDirectory(Path.Combine(_sysfs, "devices", "tape"));
        Link("10:1", "tape");

        new DeviceReader(_sysfs).Read((uint)major, (uint)minor).ShouldBe(new DeviceTraits(name, Enum.Parse<DeviceKind>(kind)), why);
    }

    [Fact]
    public void Disks_that_are_made_of_each_other_in_a_circle_end_the_search()
    {
        Disk("253:0", "dm-0", "1", parts: ["dm-1"]);
        Disk("253:1", "dm-1", "1", parts: ["dm-0"]);
        new DeviceReader(_sysfs).Read(253, 0).Kind.ShouldBe(DeviceKind.Rotational);
    }

    [Fact]
    public void The_device_of_a_folder_that_is_not_there_yet_is_that_of_the_nearest_one_above()
    {
        var operations = FileOperations.ForThisSystem();
        operations.DeviceOf(Path.Combine(_sysfs, "not", "there", "yet")).ShouldBe(operations.DeviceOf(_sysfs));
    }

    [Fact]
    public void A_system_that_says_nothing_leaves_it_unknown() => new PortableFileOperations().DeviceOf(_sysfs).ShouldBe(DeviceTraits.Unknown);

    private void Disk(string number, string name, string rotational, string? vendor = null, string? model = null, string[]? parts = null)
    {
        var disk = Path.Combine(_sysfs, "devices", name);
        Directory.CreateDirectory(Path.Combine(disk, "queue"));
        Directory.CreateDirectory(Path.Combine(disk, "slaves"));
        File.WriteAllText(Path.Combine(disk, "queue", "rotational"), rotational + "\n");
        if (vendor is not null)
        {
            Directory.CreateDirectory(Path.Combine(disk, "device"));
            File.WriteAllText(Path.Combine(disk, "device", "vendor"), vendor + "\n");
            File.WriteAllText(Path.Combine(disk, "device", "model"), model + "\n");
        }

        foreach (var part in parts ?? []) Directory.CreateSymbolicLink(Path.Combine(disk, "slaves", Path.GetFileName(part)), Path.Combine("..", "..", part));
        Link(number, name);
    }

    private void Part(string number, string disk, string part)
    {
        Directory.CreateDirectory(Path.Combine(_sysfs, "devices", disk, part));
        Link(number, Path.Combine(disk, part));
    }

    private void Link(string number, string device)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_sysfs, "dev", "block")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(folder, number), Path.Combine("..", "..", "devices", device));
    }
}
