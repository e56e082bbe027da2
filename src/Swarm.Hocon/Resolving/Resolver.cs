using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Swarm.Hocon.Syntax;

namespace Swarm.Hocon.Resolving;

/// <summary>
/// Resolves substitutions. Pure; used once by <see cref="HoconDocument.Resolve"/>.
/// <para>
/// The value at a path is a <i>stack</i>: everything that was assigned to it, the lowest first. Expanding a stack yields what counts of it: one scalar or array, or the objects to be merged. Only
/// expansion follows substitutions, and only as far as it must to know what a value is; the fields of an object are not looked at until its value is made.
/// </para>
/// <para>
/// What always holds: a substitution that is being expanded sees of a stack that holds it only what lies below it. This is the specification's "look back", and it breaks every cycle of substitutions.
/// A cycle through an object or a list (<c>a = [${a}]</c>) cannot be broken and is found where the value is made, because a value would be inside of itself.
/// </para>
/// </summary>
internal sealed class Resolver(IReadOnlyList<Node> layers, Func<string, string?> environment, HoconLimits limits)
{
    private readonly HashSet<Node> _expanding = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, ImmutableArray<Entry>> _expanded = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Node> _making = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<(HoconOrigin, string)> _reported = [];
    private int _depth;
    private int _steps;
    private int _concatenated;
    private bool _isOver;

    /// <summary>One value that competes for a place. Those that came through an optional substitution may lead in a circle without being an error.</summary>
    private readonly record struct Entry(Node Node, HoconOrigin Key, bool IsOptional);

    public List<HoconError> Errors { get; } = [];

    /// <summary>The value of all layers; an empty object if there are none.</summary>
    public HoconValue Resolve() => Make(Expand(Root()), 0) ?? new HoconObject(layers.Count > 0 ? layers[^1].Origin : default, []);

    private ImmutableArray<Entry> Root() => [.. layers.Select(layer => new Entry(layer, layer.Origin, IsOptional: false))];

    // What counts of a stack, the highest first.
    private ImmutableArray<Entry> Expand(ImmutableArray<Entry> stack)
    {
        if (stack is [{ Node: LiteralNode or ArrayNode or ObjectNode }]) return stack;
        var counts = ImmutableArray.CreateBuilder<Entry>();
        for (var i = stack.Length - 1; i >= 0; i--)
        {
            if (!Step(stack[i].Node.Origin)) break;
            foreach (var entry in ExpandOne(stack[i]))
            {
                var isObject = entry.Node is ObjectNode;
                // Below an object only objects are merged; anything else is the value, or hidden.
                if (!isObject && counts.Count > 0) return counts.ToImmutable();
                counts.Add(entry);
                if (!isObject) return counts.ToImmutable();
            }
        }

        return counts.ToImmutable();
    }

    private ImmutableArray<Entry> ExpandOne(Entry entry)
    {
        if (entry.Node is LiteralNode or ArrayNode or ObjectNode) return [entry];
        if (!_expanded.TryGetValue(entry.Node, out var found))
        {
            if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) return Deep(entry.Node);
            _expanding.Add(entry.Node);
            found = entry.Node is SubstitutionNode substitution ? ExpandSubstitution(substitution) : ExpandConcatenation((ConcatenationNode)entry.Node);
            _expanding.Remove(entry.Node);
            _expanded[entry.Node] = found;
        }

        return [.. found.Select(part => part with { Key = entry.Key })];
    }

    private ImmutableArray<Entry> Deep(Node node)
    {
        Stop(node.Origin, $"substitutions lead to each other more than {limits.MaxSubstitutionDepth} deep");
        return [];
    }

    private ImmutableArray<Entry> ExpandSubstitution(SubstitutionNode substitution)
    {
        if (_depth >= limits.MaxSubstitutionDepth) return Deep(substitution);
        foreach (var place in substitution.Bases)
        {
            _depth++;
            var found = Expand(Lookup([.. place, .. substitution.Path]));
            _depth--;
            if (!found.IsEmpty) return substitution.IsOptional ? [.. found.Select(entry => entry with { IsOptional = true })] : found;
        }

        if (environment(string.Join('.', substitution.Path)) is { } text)
        {
            var origin = new HoconOrigin($"environment variable {string.Join('.', substitution.Path)}", 0, 0);
            return [new Entry(new LiteralNode(origin, HoconScalarKind.String, text), origin, IsOptional: false)];
        }

        if (!substitution.IsOptional)
        {
            Report(substitution.Origin, $"${{{HoconPath.Join(substitution.Path)}}} has no value here: there is no such path, or it leads back to this place", "${?...} may be without a value");
        }

        return [];
    }

    // The stack at a path, as whoever is being expanded may see it.
    private ImmutableArray<Entry> Lookup(ImmutableArray<string> path)
    {
        var stack = Root();
        foreach (var key in path)
        {
            stack = Below(FieldOf(Expand(stack), key));
            if (stack.IsEmpty) return stack;
        }

        return stack;
    }

    // A field's stack in merged objects, given the highest first.
    private ImmutableArray<Entry> FieldOf(ImmutableArray<Entry> objects, string key)
    {
        var stack = ImmutableArray.CreateBuilder<Entry>();
        for (var i = objects.Length - 1; i >= 0; i--)
        {
            if (objects[i].Node is not ObjectNode node) continue;
            foreach (var assignment in node[key])
            {
                if (!Step(assignment.Key)) return [];
                stack.Add(new Entry(assignment.Value, assignment.Key, objects[i].IsOptional));
            }
        }

        return stack.ToImmutable();
    }

    private ImmutableArray<Entry> Below(ImmutableArray<Entry> stack)
    {
        for (var i = 0; i < stack.Length; i++)
        {
            if (_expanding.Contains(stack[i].Node)) return stack[..i];
        }

        return stack;
    }

    private ImmutableArray<Entry> ExpandConcatenation(ConcatenationNode node)
    {
        var parts = new List<(Node Part, ImmutableArray<Entry> Value)>();
        foreach (var part in node.Parts)
        {
            // A substitution that has no value is as if it were not there; between strings it is empty.
            var value = part is BlankNode ? [] : ExpandOne(new Entry(part, part.Origin, IsOptional: false));
            if (part is BlankNode || !value.IsEmpty) parts.Add((part, value));
        }

        var known = parts.Where(part => !part.Value.IsEmpty).ToList();
        if (known.Count == 0) return [];
        if (known.Any(part => part.Value[0].Node is ArrayNode)) return JoinArrays(node, known);
        if (known.All(part => part.Value[0].Node is ObjectNode)) return [.. known.AsEnumerable().Reverse().SelectMany(part => part.Value).TakeWhile(entry => Step(entry.Node.Origin))];
        if (known.Any(part => part.Value[0].Node is ObjectNode)) return Mixed(node, "an object and text");
        return JoinText(node, parts);
    }

    private ImmutableArray<Entry> JoinText(ConcatenationNode node, List<(Node Part, ImmutableArray<Entry> Value)> parts)
    {
        var text = string.Concat(parts.Select(part => part.Part is BlankNode blank ? blank.Text : ((LiteralNode)part.Value[0].Node).Text));
        _concatenated = (int)Math.Min(int.MaxValue, (long)_concatenated + text.Length);
        if (_concatenated > limits.MaxConcatenatedLength) Stop(node.Origin, $"the strings that are put together are longer than {limits.MaxConcatenatedLength} characters in all");
        return _isOver ? [] : [new Entry(new LiteralNode(node.Origin, HoconScalarKind.String, text), node.Origin, IsOptional: false)];
    }

    private ImmutableArray<Entry> JoinArrays(ConcatenationNode node, List<(Node Part, ImmutableArray<Entry> Value)> parts)
    {
        var elements = new List<Node>();
        foreach (var (_, value) in parts)
        {
            var list = value[0].Node switch
            {
                ArrayNode array => array.Elements,
                ObjectNode => NumberedOf(value),
                _ => null,
            };
            if (list is null || list.Count == 0 && value[0].Node is ObjectNode) return Mixed(node, value[0].Node is ObjectNode ? "a list and an object" : "a list and text");
            _steps += list.Count;
            if (!Step(node.Origin)) return [];
            elements.AddRange(list);
        }

        return [new Entry(new ArrayNode(node.Origin, elements), node.Origin, IsOptional: false)];
    }

    // An object with keys that are numbers, where a list is needed; each element a value of its own.
    private List<Node> NumberedOf(ImmutableArray<Entry> objects)
    {
        var numbered = new SortedDictionary<int, Node>();
        foreach (var key in objects.SelectMany(entry => ((ObjectNode)entry.Node).Keys))
        {
            if (!HoconRead.TryIndex(key, out var index) || numbered.ContainsKey(index)) continue;
            var counts = Expand(FieldOf(objects, key));
            if (counts.IsEmpty) continue;
            numbered[index] = counts is [var only] ? only.Node : new ConcatenationNode(counts[0].Node.Origin, [.. counts.Reverse().Select(entry => entry.Node)]);
        }

        return [.. numbered.Values];
    }

    private ImmutableArray<Entry> Mixed(Node node, string what)
    {
        Report(node.Origin, $"{what} stand side by side and cannot be joined", "a comma or a new line makes two values of them");
        return [];
    }

    // Null: there is no value, which is an error told already or an optional substitution's way.
    private HoconValue? Make(ImmutableArray<Entry> counts, int depth)
    {
        if (counts.IsEmpty) return null;
        if (depth > limits.MaxDepth) return Stop(counts[0].Node.Origin, $"values are nested more than {limits.MaxDepth} deep");
        if (counts[0].Node is LiteralNode literal) return Step(literal.Origin) ? new HoconScalar(literal.Origin, literal.Kind, literal.Text) : null;
        var inside = counts.RemoveAll(entry => _making.Contains(entry.Node));
        if (inside.Length < counts.Length)
        {
            if (counts.Any(entry => _making.Contains(entry.Node) && !entry.IsOptional)) Report(counts[0].Node.Origin, "this value would be inside of itself", "a substitution in it leads back to it");
            if (inside.IsEmpty) return null;
        }

        foreach (var entry in inside) _making.Add(entry.Node);
        HoconValue made = inside[0].Node is ArrayNode array ? MakeArray(array, depth) : MakeObject(inside, depth);
        foreach (var entry in inside) _making.Remove(entry.Node);
        return made;
    }

    private HoconArray MakeArray(ArrayNode array, int depth)
    {
        var elements = ImmutableArray.CreateBuilder<HoconValue>();
        foreach (var element in array.Elements)
        {
            if (!Step(element.Origin)) break;
            if (Make(Expand([new Entry(element, element.Origin, IsOptional: false)]), depth + 1) is { } value) elements.Add(value);
        }

        return new HoconArray(array.Origin, elements.ToImmutable());
    }

    private HoconObject MakeObject(ImmutableArray<Entry> objects, int depth)
    {
        var fields = ImmutableArray.CreateBuilder<HoconField>();
        foreach (var key in objects.Reverse().SelectMany(entry => ((ObjectNode)entry.Node).Keys).Distinct(StringComparer.Ordinal))
        {
            var counts = Expand(FieldOf(objects, key));
            if (_isOver) break;
            if (Make(counts, depth + 1) is { } value) fields.Add(new HoconField(key, counts[0].Key, value));
        }

        return new HoconObject(objects[0].Node.Origin, fields.ToImmutable());
    }

    private bool Step(HoconOrigin origin)
    {
        if (_isOver) return false;
        if (++_steps > limits.MaxResolutionSteps) Stop(origin, $"the configuration blows up to more than {limits.MaxResolutionSteps} values");
        return !_isOver;
    }

    private HoconValue? Stop(HoconOrigin origin, string message)
    {
        Report(origin, message);
        _isOver = true;
        return null;
    }

    private void Report(HoconOrigin origin, string message, string? hint = null)
    {
        // What is said twice is one error: a value may be needed in several places.
        if (!_isOver && _reported.Add((origin, message))) Errors.Add(new HoconError(origin, message, hint));
    }
}
