using System.Runtime.InteropServices;

namespace Swarm.Io.Disk;

/// <summary>
/// A folder below a root, open as a descriptor, reached component by component without following links. The root itself may be a link:
/// it is the user's choice. Created folders' parents are reported, since their entries have to reach the disk too.
/// </summary>
internal sealed class LinuxFolder : IDisposable
{
    private LinuxFolder(int descriptor) => Descriptor = descriptor;

    /// <summary>The open descriptor.</summary>
    public int Descriptor { get; }

    /// <summary>Opens the folder that holds <paramref name="path"/> below <paramref name="root"/>; <paramref name="name"/> is the path's last component. Null: see <paramref name="errno"/>.</summary>
    public static LinuxFolder? Open(string root, string path, bool create, List<string> changedFolders, out string name, out int errno)
    {
        name = path;
        var descriptor = OpenRoot(root, create, changedFolders, out errno);
        var walked = root;
        var start = 0;
        for (int slash; descriptor >= 0 && (slash = path.IndexOf('/', start)) >= 0; start = slash + 1)
        {
            var component = path[start..slash];
            if (component.Length == 0) continue;
            var next = OpenChild(descriptor, component, walked, create, changedFolders, out errno);
            _ = LinuxNative.Close(descriptor);
            descriptor = next;
            walked = Path.Join(walked, component);
        }

        name = path[start..];
        return descriptor < 0 ? null : new LinuxFolder(descriptor);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LinuxNative.Close(Descriptor);

    private static int OpenRoot(string root, bool create, List<string> changedFolders, out int errno)
    {
        var descriptor = Try(LinuxNative.Open(root, LinuxNative.OpenPathOnly | LinuxNative.OpenFolder | LinuxNative.OpenCloseOnExec, 0), out errno);
        if (errno != DiskErrors.NoEntry || !create) return descriptor;
        if (Path.GetDirectoryName(root) is not { Length: > 0 } parent) return -1;

        // The root is the user's: its missing parents are made as the user would make them.
        var above = OpenRoot(parent, create, changedFolders, out errno);
        if (above < 0) return -1;
        descriptor = OpenChild(above, Path.GetFileName(root), parent, create, changedFolders, out errno);
        _ = LinuxNative.Close(above);
        return descriptor;
    }

    private static int OpenChild(int folder, string name, string folderPath, bool create, List<string> changedFolders, out int errno)
    {
        var flags = LinuxNative.OpenPathOnly | LinuxNative.OpenFolder | LinuxNative.OpenNoFollow | LinuxNative.OpenCloseOnExec;
        var child = Try(LinuxNative.OpenAt(folder, name, flags, 0), out errno);
        if (errno == DiskErrors.NoEntry && create)
        {
            if (Try(LinuxNative.MakeFolderAt(folder, name, 0b111_111_111), out errno) == 0) changedFolders.Add(folderPath);
            if (errno is 0 or DiskErrors.Exists) child = Try(LinuxNative.OpenAt(folder, name, flags, 0), out errno);
        }

        // O_DIRECTORY with O_NOFOLLOW says "not a folder" of a link as well.
        return child;
    }

    private static int Try(int result, out int errno)
    {
        errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        return result;
    }
}
