namespace Swarm.Pbm.Interactive;

/// <summary>
/// The lines that were typed, oldest first, kept in a file from one run to the next. A file that cannot be read or written is done without: history is a comfort.
/// </summary>
internal sealed class History
{
    /// <summary>Lines that are kept.</summary>
    public const int MaxLines = 1_000;

    private readonly string? _file;
    private readonly List<string> _lines = [];

    private History(string? file) => _file = file;

    /// <summary>The lines, oldest first.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>What is kept in <paramref name="file"/>; null: nothing is kept.</summary>
    public static History Open(string? file)
    {
        var history = new History(file);
        try
        {
            if (file is not null && File.Exists(file)) history._lines.AddRange(File.ReadLines(file).Where(line => line.Length is > 0 and <= EditBuffer.MaxLength).TakeLast(MaxLines));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing was typed before, as far as this run is concerned.
        }

        return history;
    }

    /// <summary>Where the user's history is: $XDG_STATE_HOME/swarm/pbm_history, or below ~/.local/state.</summary>
    public static string? FileOf(Terminal terminal)
    {
        if (terminal.Environment("XDG_STATE_HOME") is { Length: > 0 } state) return Path.Combine(state, "swarm", "pbm_history");
        return terminal.Environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "state", "swarm", "pbm_history") : null;
    }

    /// <summary>A line was typed. Empty ones and the last one again are not kept.</summary>
    public void Add(string line)
    {
        if (string.IsNullOrWhiteSpace(line) || (_lines.Count > 0 && _lines[^1] == line)) return;
        _lines.Add(line);
        if (_lines.Count > MaxLines) _lines.RemoveAt(0);
    }

    /// <summary>Keeps them for the next run: at most <see cref="MaxLines"/>, for the user's eyes alone.</summary>
    public void Save()
    {
        if (_file is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var writer = new StreamWriter(_file, options);
            foreach (var line in _lines) writer.WriteLine(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run begins without.
        }
    }
}
