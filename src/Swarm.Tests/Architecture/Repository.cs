namespace Swarm.Tests.Architecture;

/// <summary>The repository that the tests were built in: its folder and its sources, read once.</summary>
internal static class Repository
{
    /// <summary>The folder that Swarm.sln lies in.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# source below src, bench and samples, in order of path; what a build writes is not among them.</summary>
    public static IReadOnlyList<SourceFile> Sources { get; } = Load();

    /// <summary>The sources of these projects.</summary>
    public static IEnumerable<SourceFile> In(params string[] projects) => Sources.Where(source => projects.Contains(source.Project));

    /// <summary>The sources of every project but these.</summary>
    public static IEnumerable<SourceFile> NotIn(params string[] projects) => Sources.Where(source => !projects.Contains(source.Project));

    /// <summary>Without the sources of these paths.</summary>
    public static IEnumerable<SourceFile> Except(this IEnumerable<SourceFile> sources, string[] paths) => sources.Where(source => !paths.Contains(source.Path));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Swarm.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"No Swarm.sln above {AppContext.BaseDirectory}: the architecture tests read the sources they were built from.");
    }

    private static List<SourceFile> Load()
    {
        var files = new[] { "src", "bench", "samples" }
            .Select(folder => Path.Combine(Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Select(file => (File: file, Path: Path.GetRelativePath(Root, file).Replace('\\', '/')))
            .Where(file => !file.Path.Split('/').Any(part => part is "bin" or "obj"))
            .OrderBy(file => file.Path, StringComparer.Ordinal);
        return [.. files.Select(file => SourceFile.Parse(file.Path, File.ReadAllText(file.File)))];
    }
}
