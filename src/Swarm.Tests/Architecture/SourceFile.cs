namespace Swarm.Tests.Architecture;

/// <summary>A C# source as rules see it. <paramref name="Path"/> is relative to the repository, with '/'. Lines count from 0 here and from 1 where they are shown.</summary>
internal sealed record SourceFile(string Path, string[] Lines, string[] Code, string[] Comments)
{
    /// <summary>All code in one text, to match across lines.</summary>
    public string AllCode { get; } = string.Join('\n', Code);

    /// <summary>The first folder below "src", or of the repository: the project.</summary>
    public string Project => Path.StartsWith("src/", StringComparison.Ordinal) ? Path.Split('/')[1] : Path.Split('/')[0];

    public static SourceFile Parse(string path, string source)
    {
        var (code, comments) = SourceLexer.Split(source);
        return new SourceFile(path, source.ReplaceLineEndings("\n").Split('\n'), code, comments);
    }

    /// <summary>The line that a place in <see cref="AllCode"/> lies on.</summary>
    public int LineAt(int index) => AllCode.AsSpan(0, index).Count('\n');

    /// <summary>A violation on a line (from 0).</summary>
    public Violation At(int line, string what) => new(Path, line + 1, what);
}

/// <summary>Where a rule is broken, and how.</summary>
internal sealed record Violation(string Path, int Line, string What)
{
    public override string ToString() => $"{Path}:{Line}: {What}";
}
