using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>Makes the <see cref="DiskError"/>s: each of the kinds with one line that says what failed, where, and why.</summary>
internal static class SimDiskErrors
{
    public static DiskError NoSpace(string path) => Of(DiskErrorKind.NoSpace, "write to", path, "the disk is full; free some space");

    public static DiskError Denied(string path) => Of(DiskErrorKind.Denied, "write to", path, "the file system is read-only");

    public static DiskError NotFound(string path) => Of(DiskErrorKind.NotFound, "read", path, "it is not there; put it back, or check the files again");

    public static DiskError TooShort(string path, long length) => Of(DiskErrorKind.NotFound, "read", path, $"it ends at byte {length}; put the whole file back, or check the files again");

    public static DiskError Obstructed(string path, string why) => Of(DiskErrorKind.Obstructed, "use", path, why);

    public static DiskError Expired(string path) => Of(DiskErrorKind.Expired, "write to", path, "this node's right to write there has run out");

    public static DiskError Failed(string path, string why) => Of(DiskErrorKind.Failed, "use", path, why);

    public static DiskError Device(string path) => Of(DiskErrorKind.Failed, "use", path, "the device reported an error; check the disk and the system's log");

    public static DiskError NotOpen(StorageId storage) => new(DiskErrorKind.NotFound, "", $"Storage {storage.Value} is not open; open the torrent first.");

    /// <summary>An error that was asked for.</summary>
    public static DiskError Asked(DiskErrorKind kind, string path) => Of(kind, "use", path, $"the simulated disk was told to say {kind}");

    private static DiskError Of(DiskErrorKind kind, string doing, string path, string why) => new(kind, path, $"Cannot {doing} {path}: {why}.");
}
