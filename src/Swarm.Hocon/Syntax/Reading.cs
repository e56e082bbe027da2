namespace Swarm.Hocon.Syntax;

/// <summary>
/// The reading of one document and all it includes: what they share, which is the files, the limits, the errors and the chain of files that are open. A file that is refused leaves an error and an
/// empty object, so that the rest of its includer is still read and all errors are told at once.
/// </summary>
internal sealed class Reading(IHoconFiles? files, HoconLimits limits)
{
    private readonly List<string> _open = [];
    private int _included;

    public HoconLimits Limits => limits;

    public List<HoconError> Errors { get; } = [];

    /// <summary>Whether a substitution was read, in the document or in what it includes.</summary>
    public bool HasSubstitutions { get; set; }

    /// <summary>A whole document; null if it cannot be understood.</summary>
    public Node? Parse(string text, string source)
    {
        if (text.Length > limits.MaxFileLength) return Refuse(new HoconOrigin(source, 0, 0), $"the text is longer than {limits.MaxFileLength} characters");
        _open.Add(source);
        var root = new Parser(this, text, source, [], [[]]).ParseDocument();
        _open.RemoveAt(_open.Count - 1);
        return root;
    }

    /// <summary>A value that stands alone.</summary>
    public Node? ParseValue(string text, string source) => new Parser(this, text, source, [], [[]]).ParseLoneValue();

    /// <summary>An included file's root; null if there is none to take.</summary>
    /// <param name="origin">Of the statement.</param>
    /// <param name="name">As written.</param>
    /// <param name="isRequired">Whether it is an error if there is no such file.</param>
    /// <param name="place">Where the statement stands in the tree of all; null: inside of a list.</param>
    /// <param name="bases">Where its substitutions are looked up, the innermost first.</param>
    public ObjectNode? Include(HoconOrigin origin, string name, bool isRequired, IReadOnlyList<string>? place, IReadOnlyList<IReadOnlyList<string>> bases)
    {
        if (files is null) return Refuse(origin, "nothing can be included here");
        var root = new ObjectNode(origin);
        var found = false;
        foreach (var candidate in CandidatesOf(name))
        {
            var path = files.Locate(candidate, origin.Source);
            if (_open.Contains(path, StringComparer.Ordinal)) return Refuse(origin, $"'{name}' includes itself: {string.Join(" -> ", [.. _open, path])}");
            if (_open.Count > limits.MaxIncludeDepth) return Refuse(origin, $"files include each other more than {limits.MaxIncludeDepth} deep");
            if (_included >= limits.MaxIncludes) return Refuse(origin, $"more than {limits.MaxIncludes} files are included");
            var read = files.Read(path, limits.MaxFileLength);
            if (read.Problem is { } problem) return Refuse(origin, $"'{path}' cannot be included: {problem}");
            if (read.Content is null) continue;
            found = true;
            _included++;
            if (ParseIncluded(read.Content, path, origin, place, bases) is { } included) root.Include(included);
            if (candidate == name) break;
        }

        if (!found && isRequired) return Refuse(origin, $"'{files.Locate(name, origin.Source)}' is required and not there");
        return root;
    }

    public void Report(HoconOrigin origin, string message, string? hint = null) => Errors.Add(new HoconError(origin, message, hint));

    // A name without an extension stands for what has that name, or for the formats that there are, HOCON's last so that it wins.
    private static string[] CandidatesOf(string name) => Path.HasExtension(name) ? [name] : [name, name + ".json", name + ".conf"];

    private ObjectNode? ParseIncluded(string text, string path, HoconOrigin origin, IReadOnlyList<string>? place, IReadOnlyList<IReadOnlyList<string>> bases)
    {
        _open.Add(path);
        var root = new Parser(this, text, path, place, bases).ParseDocument();
        _open.RemoveAt(_open.Count - 1);
        if (root is ArrayNode) Report(origin, $"'{path}' holds a list, and only an object can be included");
        return root as ObjectNode;
    }

    private ObjectNode? Refuse(HoconOrigin origin, string message)
    {
        Report(origin, message);
        return null;
    }
}
