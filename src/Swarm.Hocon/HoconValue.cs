using System.Collections.Immutable;

namespace Swarm.Hocon;

/// <summary>A value of a resolved configuration: <see cref="HoconObject"/>, <see cref="HoconArray"/> or <see cref="HoconScalar"/>. Immutable; no substitution is left in it.</summary>
public abstract record HoconValue
{
    private protected HoconValue(HoconOrigin origin) => Origin = origin;

    /// <summary>Where it was written; of a merged object the last part.</summary>
    public HoconOrigin Origin { get; }

    /// <summary>Its kind for people: "a string", "an object".</summary>
    public abstract string KindText { get; }
}

/// <summary>What a scalar was written as. Readers convert as the specification has it: <c>port = "80"</c> is a number too.</summary>
public enum HoconScalarKind
{
    /// <summary>Text, in quotes or not.</summary>
    String,

    /// <summary>A number as JSON has them.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>null: known to be nothing.</summary>
    Null,
}

/// <summary>A string, number, boolean or null.</summary>
public sealed record HoconScalar : HoconValue
{
    /// <summary>A scalar of <paramref name="kind"/>, as written.</summary>
    public HoconScalar(HoconOrigin origin, HoconScalarKind kind, string text) : base(origin)
    {
        Kind = kind;
        Text = text;
    }

    /// <summary>What it was written as.</summary>
    public HoconScalarKind Kind { get; }

    /// <summary>As written: a number keeps its form, a string is without its quotes.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string KindText => Kind switch
    {
        HoconScalarKind.Number => "a number",
        HoconScalarKind.Boolean => "a boolean",
        HoconScalarKind.Null => "null",
        _ => "a string",
    };
}

/// <summary>Elements in order.</summary>
public sealed record HoconArray : HoconValue
{
    /// <summary>An array of <paramref name="elements"/>.</summary>
    public HoconArray(HoconOrigin origin, ImmutableArray<HoconValue> elements) : base(origin) => Elements = elements;

    /// <summary>In order.</summary>
    public ImmutableArray<HoconValue> Elements { get; }

    /// <inheritdoc/>
    public override string KindText => "a list";
}

/// <summary>A key of an object, with its value.</summary>
/// <param name="Name">The key, one element of a path.</param>
/// <param name="Origin">Where the key was written last.</param>
/// <param name="Value">Its value.</param>
public sealed record HoconField(string Name, HoconOrigin Origin, HoconValue Value);

/// <summary>Fields in the order in which their keys were first written.</summary>
public sealed record HoconObject : HoconValue
{
    private readonly Dictionary<string, HoconField> _byName;

    /// <summary>An object of <paramref name="fields"/>, no name twice.</summary>
    public HoconObject(HoconOrigin origin, ImmutableArray<HoconField> fields) : base(origin)
    {
        Fields = fields;
        _byName = fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
    }

    /// <summary>In the order of their first mention.</summary>
    public ImmutableArray<HoconField> Fields { get; }

    /// <inheritdoc/>
    public override string KindText => "an object";

    /// <summary>The field of a name, or null.</summary>
    public HoconField? Field(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The value at the end of a path of keys, or null.</summary>
    public HoconValue? At(params ReadOnlySpan<string> path)
    {
        HoconValue? value = this;
        foreach (var name in path) value = (value as HoconObject)?.Field(name)?.Value;
        return value;
    }
}
