using System.Runtime.InteropServices;

namespace Swarm.Io.Net;

/// <summary>
/// Gives the pages behind a pinned array back to the system without giving up the array. The collector never looks into an array of bytes, and a page that was
/// given back reads as zeros when it is touched again, so only who knows that the content is dead may call this. Linux; elsewhere nothing happens.
/// </summary>
internal static partial class PageRelease
{
    private const int DontNeed = 4;

    /// <summary>Drops the whole pages inside of <paramref name="pinned"/>. False: the system does not do that; the array is as it was.</summary>
    public static unsafe bool TryRelease(byte[] pinned)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var page = (nuint)Environment.SystemPageSize;
        var start = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        var first = (start + page - 1) & ~(page - 1);
        var last = (start + (nuint)pinned.Length) & ~(page - 1);
        return last > first && Advise((void*)first, last - first, DontNeed) == 0;
    }

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = false)]
    private static unsafe partial int Advise(void* address, nuint length, int advice);
}
