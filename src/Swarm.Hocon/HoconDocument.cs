using System.Collections.Immutable;
using Swarm.Hocon.Resolving;
using Swarm.Hocon.Syntax;

namespace Swarm.Hocon;

/// <summary>
/// A parsed configuration whose substitutions are not resolved yet: one layer of several. Layers are put on top of each other as if they were one file, and resolved together
/// (<see cref="Resolve"/>), so that a later one may refer to an earlier one and the other way round. Parsing never throws for what is written.
/// </summary>
public sealed class HoconDocument
{
    private HoconDocument(Node? root, ImmutableArray<HoconError> errors, bool hasSubstitutions)
    {
        Root = root;
        Errors = errors;
        HasSubstitutions = hasSubstitutions;
    }

    /// <summary>What cannot be understood, includes and theirs among them; empty if nothing.</summary>
    public ImmutableArray<HoconError> Errors { get; }

    /// <summary>Whether a value refers to another (<c>${path}</c>) or adds to it (<c>+=</c>): what it comes to depends on the layers below, or on the environment.</summary>
    public bool HasSubstitutions { get; }

    /// <summary>Null if there are errors.</summary>
    internal Node? Root { get; }

    /// <summary>Parses a text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="source">What it is called in messages, and the path that included files lie beside.</param>
    /// <param name="files">Where included files are read; null: nothing may be included.</param>
    /// <param name="limits">What it may ask for.</param>
    public static HoconDocument Parse(string text, string source, IHoconFiles? files = null, HoconLimits? limits = null)
    {
        var reading = new Reading(files, limits ?? HoconLimits.Default);
        var root = reading.Parse(text, source);
        return new HoconDocument(reading.Errors.Count == 0 ? root : null, [.. reading.Errors], reading.HasSubstitutions);
    }

    /// <summary>Reads and parses a file and what it includes. A file that is not there is an error.</summary>
    public static HoconDocument Load(string path, IHoconFiles files, HoconLimits? limits = null)
    {
        var bounds = limits ?? HoconLimits.Default;
        var read = files.Read(path, bounds.MaxFileLength);
        if (read.Content is not null) return Parse(read.Content, path, files, bounds);
        return new HoconDocument(null, [new HoconError(new HoconOrigin(path, 0, 0), read.Problem is null ? "there is no such file" : $"the file cannot be read: {read.Problem}")], hasSubstitutions: false);
    }

    /// <summary>
    /// A layer with one value, as a command line or the environment gives it: an object, a list or a string in quotes as HOCON has them if it begins like one, else the text itself,
    /// so that a path or an address needs no quotes.
    /// </summary>
    /// <param name="path">The keys, at least one.</param>
    /// <param name="value">The text.</param>
    /// <param name="source">What it is called in messages.</param>
    public static HoconDocument OfValue(IReadOnlyList<string> path, string value, string source)
    {
        var origin = new HoconOrigin(source, 0, 0);
        Node node = new LiteralNode(origin, HoconScalarKind.String, value);
        var hasSubstitutions = false;
        if (value.AsSpan().TrimStart() is ['{' or '[' or '"', ..])
        {
            var reading = new Reading(null, HoconLimits.Default);
            if (reading.ParseValue(value, source) is not { } parsed || reading.Errors.Count > 0) return new HoconDocument(null, [.. reading.Errors], reading.HasSubstitutions);
            node = parsed;
            hasSubstitutions = reading.HasSubstitutions;
        }

        var root = new ObjectNode(origin);
        root.Add([.. path.Select(key => new PathElement(key, origin))], node);
        return new HoconDocument(root, [], hasSubstitutions);
    }

    /// <summary>Puts layers on top of each other and resolves what they refer to.</summary>
    /// <param name="layers">The lowest first: a later one overrides an earlier one. None may have errors.</param>
    /// <param name="environment">What a substitution falls back to if the configuration has no such path: a variable's value, or null if there is none. Null: nothing.</param>
    /// <param name="limits">What it may blow up to.</param>
    /// <returns>The value, and what is wrong; with errors the value holds what could be resolved. An object unless the only layer is a list.</returns>
    public static (HoconValue Value, ImmutableArray<HoconError> Errors) Resolve(IReadOnlyList<HoconDocument> layers, Func<string, string?>? environment = null, HoconLimits? limits = null)
    {
        var resolver = new Resolver([.. layers.Select(layer => layer.Root ?? throw new ArgumentException("A layer with errors cannot be resolved.", nameof(layers)))],
            environment ?? (static _ => null), limits ?? HoconLimits.Default);
        return (resolver.Resolve(), [.. resolver.Errors]);
    }
}
