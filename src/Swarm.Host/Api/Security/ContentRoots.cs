namespace Swarm.Host.Api.Security;

/// <summary>
/// The folders below which content may lie, and the one way by which a path that came through an API becomes a path that is used: made absolute, its links followed as far as it exists, and then
/// it must lie in a root. What comes out has no links in it and no "..". Somebody who may make links inside a root on this machine needs no API to get out of it.
/// </summary>
internal sealed class ContentRoots
{
    private const int MaxPath = 4_096;
    private const int MaxLinks = 40;
    private static readonly StringComparison Comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private readonly string[] _real;

    /// <summary>Takes absolute folders; the first is where content goes that nothing is said of. A root that does not exist yet is taken as it stands.</summary>
    /// <exception cref="SwarmException">There is none, or one is not absolute.</exception>
    public ContentRoots(IReadOnlyList<string> roots)
    {
        if (roots.Count == 0) throw new SwarmException("there is no content root; name a folder that content may lie in");
        if (roots.FirstOrDefault(root => !Path.IsPathFullyQualified(root)) is { } relative) throw new SwarmException($"the content root '{relative}' is not an absolute path; write it in full");
        _real = [.. roots.Select(root => Real(Path.GetFullPath(root)) ?? throw new SwarmException($"the content root '{root}' is a circle of links; name a folder"))];
        Folders = [.. roots.Select(root => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))];
    }

    /// <summary>The roots as they were named.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>Where content goes that nothing is said of.</summary>
    public string Default => Folders[0];

    /// <summary>Whether a path that came out of <see cref="Resolve"/>, or <see cref="Default"/>, is where content goes that nothing is said of, whichever links lead there.</summary>
    public bool IsDefault(string path) => path.Equals(Default, Comparison) || path.Equals(_real[0], Comparison);

    /// <summary>An absolute folder with every link on its path followed, as far as it exists; where links go in a circle, as it is.</summary>
    public static string RealOf(string folder) => Real(Path.GetFullPath(folder)) ?? folder;

    /// <summary>The path to use for one that somebody gave, or null where it is not absolute, not a path, or not in a root.</summary>
    public string? Resolve(string path)
    {
        if (path.Length is 0 or > MaxPath || path.Contains('\0') || !Path.IsPathFullyQualified(path)) return null;
        var real = Real(Path.GetFullPath(path));
        return real is not null && _real.Any(root => IsWithin(root, real)) ? real : null;
    }

    /// <summary>Whether a relative path stays below a folder that was resolved: no "..", not absolute, and no link leads it out.</summary>
    public bool Holds(string folder, string relativePath)
    {
        if (relativePath.Length is 0 or > MaxPath || relativePath.Contains('\0') || Path.IsPathRooted(relativePath)) return false;
        if (relativePath.Split('/', '\\').Any(part => part is "" or "." or "..")) return false;
        return Resolve(Path.Combine(folder, relativePath)) is { } real && Real(Path.GetFullPath(folder)) is { } below && IsWithin(below, real);
    }

    private static bool IsWithin(string root, string path) =>
        path.Equals(root, Comparison) || path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, Comparison);

    // The path with every link on it followed; what does not exist has no links. Null: links without end.
    private static string? Real(string path)
    {
        var links = 0;
        var rest = new Stack<string>(Parts(path).Reverse());
        var real = Path.GetPathRoot(path)!;
        while (rest.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, part);
            if (LinkTarget(next) is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks) return null;
            if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
            foreach (var step in Parts(target).Reverse()) rest.Push(step);
        }

        return Path.TrimEndingDirectorySeparator(real);
    }

    private static string[] Parts(string path) =>
        [.. path[(Path.GetPathRoot(path)?.Length ?? 0)..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".")];

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be looked at cannot be a way out either: opening it fails too.
            return null;
        }
    }
}
