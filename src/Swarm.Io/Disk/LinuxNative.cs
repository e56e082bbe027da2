using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Swarm.Io.Disk;

/// <summary>The calls of the C library that the base library does not offer, for 64-bit Linux. Each returns -1 and sets errno on failure.</summary>
internal static unsafe partial class LinuxNative
{
    public const int OpenReadOnly = 0;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;

    /// <summary>A named pipe in a file's place must not make the opener wait for its other end.</summary>
    public const int OpenNonBlocking = 0x800;
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenPathOnly = 0x200000;
    public const int SeekData = 3;
    public const int AdviseNotNeeded = 4;

    public const int AdviseWillNeed = 3;
    public const int AtNoFollow = 0x100;
    public const int AtEmptyPath = 0x1000;
    public const uint StatBasic = 0x7ff;

    private static readonly bool SwappedFlags = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le;

    /// <summary>O_DIRECTORY, which differs by architecture.</summary>
    public static int OpenFolder { get; } = SwappedFlags ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW, which differs by architecture.</summary>
    public static int OpenNoFollow { get; } = SwappedFlags ? 0x8000 : 0x20000;

    /// <summary>The head of <c>struct statx</c>, the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct FileStatus
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        /// <summary>The number of the device that the file system lies on, in two parts; of one without a device the major part is 0.</summary>
        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;

        /// <summary>Whether it is an ordinary file (S_IFREG).</summary>
        public readonly bool IsOrdinary => (Mode & 0xF000) == 0x8000;

        /// <summary>Whether it is a symbolic link (S_IFLNK).</summary>
        public readonly bool IsLink => (Mode & 0xF000) == 0xA000;

        /// <summary>Last write in ticks of UTC.</summary>
        public readonly long ModifiedTicks => DateTime.UnixEpoch.Ticks + (ModifiedSeconds * TimeSpan.TicksPerSecond) + (ModifiedNanoseconds / 100);
    }

    /// <summary>Maps a run of a file for reading, shared with who writes it; 0 where the system does not. No page is brought in yet.</summary>
    public static nint Map(SafeFileHandle file, long offset, nint length)
    {
        const int Read = 1, Shared = 1;
        var address = MapFile(null, (nuint)length, Read, Shared, file, offset);
        return (nint)address == -1 ? 0 : (nint)address;
    }

    /// <summary>Takes a mapping away.</summary>
    public static void Unmap(nint address, nint length) => _ = UnmapFile((void*)address, (nuint)length);

    /// <summary>
    /// Brings mapped pages into memory, and their entries into the page table. False: they cannot be read. Kernels before 5.14 do not know this and bring them in when they are used.
    /// <para>
    /// One page in 64 KiB is asked for: the kernel enters its neighbours with it as far as they are in memory, and to ask for each of them costs half as much again. What is not in memory then is asked for in full. Whose file neither belongs to us nor may be
    /// written by us is taken for being there, and what is not is waited for when it is sent.
    /// </para>
    /// </summary>
    public static bool TryPopulate(nint address, nint length)
    {
        const int Around = 64 << 10;
        for (nint at = 0; at < length; at += Around)
        {
            if (!TryPopulateAll(address + at, Math.Min(Environment.SystemPageSize, length - at))) return false;
        }

        return IsInMemory(address, length) || TryPopulateAll(address, length);
    }

    private static bool TryPopulateAll(nint address, nint length)
    {
        const int PopulateRead = 22;
        while (AdviseMapped((void*)address, (nuint)length, PopulateRead) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != DiskErrors.Interrupted) return errno == DiskErrors.Invalid;
        }

        return true;
    }

    /// <summary>Whether the system has every page of a mapped run in memory, be it in this page table or not.</summary>
    public static bool IsInMemory(nint address, nint length)
    {
        const int Most = 512;
        var pages = stackalloc byte[Most];
        var page = Environment.SystemPageSize;
        for (nint at = 0; at < length; at += Most * page)
        {
            var count = (int)Math.Min(Most, (length - at + page - 1) / page);
            if (InCore((void*)(address + at), (nuint)(count * page), pages) != 0) return false;
            foreach (var state in new ReadOnlySpan<byte>(pages, count))
            {
                if ((state & 1) == 0) return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* MapFile(void* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapFile(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int AdviseMapped(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int InCore(void* address, nuint length, byte* pages);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int OpenAt(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int MakeFolderAt(int folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int MakeLinkAt(string target, int folder, string name);

    /// <summary>Do not write over what is there.</summary>
    public const uint RenameNoReplace = 1;

    /// <summary>Remove a folder.</summary>
    public const int AtRemoveFolder = 0x200;

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Unlink(int folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Status(int folder, string name, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    public static partial nint WriteVectors(SafeFileHandle file, GatherList.IoVector* vectors, int count, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Reserve(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int descriptor);
}
