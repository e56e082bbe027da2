using System.Runtime.InteropServices;

namespace Swarm.Io.Net;

/// <summary>
/// Gives pages back to the system that nobody needs now: those behind a pinned array, without giving up the array, and those of the C library's heap. The collector never looks into an array of bytes, and a page that was
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

    /// <summary>Drops the pages of what is free in the C library's heap: the compiler and the loader leave it in pieces there. False: the library cannot (only glibc does).</summary>
    public static bool TryTrimNative()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return TrimHeap(0) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim", SetLastError = false)]
    private static partial int TrimHeap(nuint keep);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = false)]
    private static unsafe partial int Advise(void* address, nuint length, int advice);
}
