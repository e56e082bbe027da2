using Swarm.Actors.Ports;

namespace Swarm.Io.Disk;

/// <summary>
/// Makes the <see cref="DiskError"/>s: what the system said (an errno of Linux, or an exception of the base library) becomes one of the
/// kinds that are handled differently, with one line that says what failed, where, and what to do about it.
/// </summary>
internal static class DiskErrors
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int IoError = 5;
    public const int NoAccess = 13;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotAFolder = 20;
    public const int IsAFolder = 21;
    public const int Invalid = 22;
    public const int TooManyOpen = 24;
    public const int TooLarge = 27;
    public const int NoSpaceLeft = 28;
    public const int ReadOnlySystem = 30;
    public const int NameTooLong = 36;
    public const int LoopOfLinks = 40;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>An errno of Linux. <paramref name="doing"/> completes "Cannot … <paramref name="path"/>".</summary>
    public static DiskError FromErrno(int errno, string doing, string path) => errno switch
    {
        NoSpaceLeft => NoSpace(doing, path, "the disk is full; free some space"),
        QuotaExceeded => NoSpace(doing, path, "the quota is used up; free some space or raise it"),
        NoEntry => NotFound(doing, path),
        NoAccess or 1 => Denied(doing, path, "permission denied; check the owner and mode of the file and its folders"),
        ReadOnlySystem => Denied(doing, path, "the file system is read-only; remount it or choose another folder"),
        IsAFolder => Obstructed(doing, path, "a folder or a special file is in its place; move it away"),
        NotAFolder => Obstructed(doing, path, "a part of the path is not a folder, or is a symbolic link, which is not followed below the download folder; move it away"),
        LoopOfLinks or CrossDevice => Obstructed(doing, path, "a symbolic link is in the way, and links are not followed below the download folder; replace it by what it points to"),
        TooManyOpen or 23 => new DiskError(DiskErrorKind.TooManyOpen, path, Line(doing, path, "too many files are open; raise the limit of open files or lower the number kept open")),
        TooLarge => Failed(doing, path, "the file would be larger than the file system or the process's limit allows; choose another disk or raise the limit"),
        NameTooLong => Failed(doing, path, "the path is too long; choose a shorter download folder"),
        IoError => Failed(doing, path, "the device reported an error; check the disk and the system's log"),
        _ => Failed(doing, path, $"the system says error {errno} ({System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)})"),
    };

    /// <summary>An exception of the base library's file functions, or an unexpected one.</summary>
    public static DiskError FromException(Exception exception, string doing, string path)
    {
        const int WindowsDiskFull = unchecked((int)0x80070070);
        const int WindowsHandleDiskFull = unchecked((int)0x80070027);
        return exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => NotFound(doing, path),
            UnauthorizedAccessException when Directory.Exists(path) => FromErrno(IsAFolder, doing, path),
            UnauthorizedAccessException => FromErrno(NoAccess, doing, path),
            IOException { HResult: WindowsDiskFull or WindowsHandleDiskFull or NoSpaceLeft } => FromErrno(NoSpaceLeft, doing, path),
            IOException { HResult: QuotaExceeded } => FromErrno(QuotaExceeded, doing, path),
            IOException { HResult: ReadOnlySystem } => FromErrno(ReadOnlySystem, doing, path),
            IOException { HResult: TooManyOpen } => FromErrno(TooManyOpen, doing, path),
            IOException { HResult: NotAFolder } => FromErrno(NotAFolder, doing, path),
            _ => Failed(doing, path, exception.Message.ReplaceLineEndings(" ")),
        };
    }

    public static DiskError NotFound(string doing, string path) =>
        new(DiskErrorKind.NotFound, path, $"Cannot {doing} {path}: it is not there; put it back, or check the files again.");

    public static DiskError TooShort(string path, long needed, long found) =>
        new(DiskErrorKind.NotFound, path, $"Cannot read {path}: it ends at byte {found} and bytes up to {needed} are needed; put the whole file back, or check the files again.");

    public static DiskError Obstructed(string doing, string path, string why) => new(DiskErrorKind.Obstructed, path, Line(doing, path, why));

    public static DiskError Expired(string doing, string path) => new(DiskErrorKind.Expired, path, Line(doing, path, "this node's right to write there has run out, and another may have it now; it goes on when the cluster lets it"));

    public static DiskError Failed(string doing, string path, string why) => new(DiskErrorKind.Failed, path, Line(doing, path, why));

    private static DiskError NoSpace(string doing, string path, string why) => new(DiskErrorKind.NoSpace, path, Line(doing, path, why));

    private static DiskError Denied(string doing, string path, string why) => new(DiskErrorKind.Denied, path, Line(doing, path, why));

    private static string Line(string doing, string path, string why) => $"Cannot {doing} {path}: {why}.";
}
