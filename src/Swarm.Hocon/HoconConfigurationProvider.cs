using Microsoft.Extensions.Configuration;

namespace Swarm.Hocon;

/// <summary>
/// A HOCON file as a source of .NET's configuration: <c>builder.Add(new HoconConfigurationSource { Path = "app.conf" })</c>. Paths become keys with colons, elements of lists keys with their index,
/// as .NET's binder expects; an empty list or object is a key with an empty value, null a key without one.
/// </summary>
public sealed class HoconConfigurationSource : IConfigurationSource
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether it may be missing; then the source is empty. What it includes is its own to say.</summary>
    public bool Optional { get; init; }

    /// <summary>Where files are read.</summary>
    public IHoconFiles Files { get; init; } = HoconFiles.Instance;

    /// <summary>What the file may ask for.</summary>
    public HoconLimits Limits { get; init; } = HoconLimits.Default;

    /// <summary>What substitutions fall back to; the process's environment unless somebody says otherwise.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <inheritdoc/>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new HoconConfigurationProvider(this);
}

/// <summary>Reads the file of a <see cref="HoconConfigurationSource"/> each time it is loaded.</summary>
public sealed class HoconConfigurationProvider(HoconConfigurationSource source) : ConfigurationProvider
{
    /// <summary>Reads the file again. If it is refused, what was read before stays.</summary>
    /// <exception cref="HoconException">It cannot be read or understood; the message has every error with its place.</exception>
    public override void Load()
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (!source.Optional || source.Files.Read(source.Path, source.Limits.MaxFileLength) is not { Content: null, Problem: null })
        {
            var document = HoconDocument.Load(source.Path, source.Files, source.Limits);
            if (!document.Errors.IsEmpty) throw new HoconException(document.Errors);
            var (value, errors) = HoconDocument.Resolve([document], source.Environment, source.Limits);
            if (!errors.IsEmpty) throw new HoconException(errors);
            Add(data, "", value);
        }

        Data = data;
        OnReload();
    }

    private static void Add(Dictionary<string, string?> data, string path, HoconValue value)
    {
        switch (value)
        {
            case HoconScalar scalar: data[path] = scalar.Kind == HoconScalarKind.Null ? null : scalar.Text; break;
            case HoconArray { Elements: [] }: data[path] = ""; break;
            case HoconArray array:
                for (var i = 0; i < array.Elements.Length; i++) Add(data, Below(path, $"{i}"), array.Elements[i]);
                break;
            case HoconObject { Fields: [] } when path.Length > 0: data[path] = ""; break;
            case HoconObject fields:
                foreach (var field in fields.Fields) Add(data, Below(path, field.Name), field.Value);
                break;
        }
    }

    private static string Below(string path, string key) => path.Length == 0 ? key : $"{path}{ConfigurationPath.KeyDelimiter}{key}";
}
