namespace Swarm.Hocon.Syntax;

/// <summary>
/// What was written, before substitutions are resolved. Nodes are compared by identity: the resolver knows "this very substitution". Immutable once parsed, except that an
/// <see cref="ObjectNode"/> is filled while its braces are read.
/// </summary>
internal abstract class Node(HoconOrigin origin)
{
    /// <summary>Where it was written.</summary>
    public HoconOrigin Origin { get; } = origin;
}

/// <summary>A string, number, boolean or null, as it was written.</summary>
internal sealed class LiteralNode(HoconOrigin origin, HoconScalarKind kind, string text) : Node(origin)
{
    public HoconScalarKind Kind { get; } = kind;

    public string Text { get; } = text;
}

/// <summary>Whitespace between the parts of a concatenation: text between strings, nothing between objects or arrays.</summary>
internal sealed class BlankNode(HoconOrigin origin, string text) : Node(origin)
{
    public string Text { get; } = text;
}

internal sealed class ArrayNode(HoconOrigin origin, IReadOnlyList<Node> elements) : Node(origin)
{
    public IReadOnlyList<Node> Elements { get; } = elements;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. Looked up below each of <see cref="Bases"/> in turn: the roots of the included files it stands in, the innermost first, and the root at last.</summary>
internal sealed class SubstitutionNode(HoconOrigin origin, IReadOnlyList<string> path, bool isOptional, IReadOnlyList<IReadOnlyList<string>> bases) : Node(origin)
{
    public IReadOnlyList<string> Path { get; } = path;

    public bool IsOptional { get; } = isOptional;

    public IReadOnlyList<IReadOnlyList<string>> Bases { get; } = bases;
}

/// <summary>Two or more values that stand on one line: joined to one when all are known.</summary>
internal sealed class ConcatenationNode(HoconOrigin origin, IReadOnlyList<Node> parts) : Node(origin)
{
    public IReadOnlyList<Node> Parts { get; } = parts;
}

/// <summary>A value that a key was given, and where the key stands.</summary>
internal readonly record struct Assignment(HoconOrigin Key, Node Value);

/// <summary>Keys in the order of their first mention; each with all the values it was given, the latest last, because a substitution may look back to an earlier one.</summary>
internal sealed class ObjectNode(HoconOrigin origin) : Node(origin)
{
    private readonly Dictionary<string, List<Assignment>> _assignments = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];

    public IReadOnlyList<string> Keys => _keys;

    /// <summary>The values of a key, the latest last; empty if it has none.</summary>
    public IReadOnlyList<Assignment> this[string key] => _assignments.TryGetValue(key, out var all) ? all : [];

    /// <summary>Gives the value at a path one more value.</summary>
    public void Add(ReadOnlySpan<PathElement> path, Node value)
    {
        for (var i = path.Length - 1; i > 0; i--)
        {
            var outer = new ObjectNode(path[i].Origin);
            outer.Add(path[i], value);
            value = outer;
        }

        Add(path[0], value);
    }

    /// <summary>Takes every value of another object, as if they stood here.</summary>
    public void Include(ObjectNode other)
    {
        foreach (var key in other._keys)
        {
            foreach (var assignment in other._assignments[key]) Add(new PathElement(key, assignment.Key), assignment.Value);
        }
    }

    private void Add(PathElement key, Node value)
    {
        if (!_assignments.TryGetValue(key.Name, out var all))
        {
            _assignments[key.Name] = all = [];
            _keys.Add(key.Name);
        }

        all.Add(new Assignment(key.Origin, value));
    }
}
