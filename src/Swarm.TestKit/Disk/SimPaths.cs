using Swarm.Actors.Ports;

namespace Swarm.TestKit.Disk;

/// <summary>Paths of the simulated file system: absolute ones begin with '/', folders are separated by it.</summary>
internal static class SimPaths
{
    /// <summary>A file's path below a root.</summary>
    public static string Join(string root, string path) => $"{root.TrimEnd('/')}/{path}";

    /// <summary>Why a storage cannot be used at all, or null: the same refusals as a real disk's.</summary>
    public static DiskError? WhyUnusable(StorageSpec spec, SimVolume volume)
    {
        var root = spec.Root.TrimEnd('/');
        if (!spec.Root.StartsWith('/') || spec.Root.Contains('\0')) return SimDiskErrors.Failed(spec.Root, "the folder must be an absolute path");
        if (volume.Find(root) is not null) return SimDiskErrors.Obstructed(root, "a part of the path is not a folder");
        if (spec.PieceHashes.Length != (long)spec.Layout.Geometry.PieceCount * Bytes20.Size)
        {
            return SimDiskErrors.Failed(root, $"there are {spec.PieceHashes.Length} bytes of hashes for {spec.Layout.Geometry.PieceCount} pieces");
        }

        foreach (var file in spec.Layout.Files)
        {
            if (file.IsPad) continue;
            if (!IsInside(file.Path) || (file.SymlinkTarget is { } target && !IsInside(target))) return SimDiskErrors.Obstructed(Join(root, file.Path), "the path leads out of the download folder");
        }

        return null;
    }

    private static bool IsInside(string path) => !path.Contains('\0') && !path.Split('/').Contains("..") && path.Split('/').Any(part => part is not ("" or "."));
}
