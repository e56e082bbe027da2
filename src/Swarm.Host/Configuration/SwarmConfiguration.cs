using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>
/// The program's configuration, of all places it comes from, each overriding those before it: the defaults of reference.conf, a file, the environment, the command line. They are one configuration: a value
/// of any may refer to a path of any. Read at the edge; what is inside gets settings.
/// <para>reference.conf says what the records have by themselves (tests hold the two together), and reading it takes longer than all else that a command does before it works. So it is read when somebody wants to
/// see it, or when what lies on top of it depends on it; else settings are bound to what lies on top alone. Both ways come to the same settings, and errors are only ever told of the long one.</para>
/// </summary>
internal sealed class SwarmConfiguration
{
    /// <summary>The key above all others.</summary>
    public const string RootKey = "swarm";

    /// <summary>The file that the daemon reads if none is named and it is there.</summary>
    public const string DefaultFile = "/etc/swarm/swarm.conf";

    private const string ReferenceName = "reference.conf";
    private const string VariablePrefix = "SWARM__";

    private readonly Lazy<HoconObject> _effective;

    private SwarmConfiguration(SwarmSettings settings, Lazy<HoconObject> effective, ImmutableArray<HoconError> errors)
    {
        Settings = settings;
        Errors = errors;
        _effective = effective;
    }

    /// <summary>What everybody keeps to.</summary>
    public SwarmSettings Settings { get; }

    /// <summary>Every key with the value it came to. Made when it is first asked for.</summary>
    public HoconObject Effective => _effective.Value;

    /// <summary>What is wrong, in the order of the places where it was written.</summary>
    public ImmutableArray<HoconError> Errors { get; }

    /// <summary>reference.conf as it is built in.</summary>
    public static string ReferenceText()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ReferenceName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Reads everything. With errors the settings are what could be read, and only fit to be looked at.</summary>
    /// <param name="file">The file, or null.</param>
    /// <param name="environment">The process's environment, of which it takes what begins with SWARM__.</param>
    /// <param name="overrides">What the command line says, the last word.</param>
    public static SwarmConfiguration Read(string? file, IDictionary environment, IEnumerable<Override> overrides)
    {
        var above = LayersOf(file, environment, overrides);
        return ReadAbove(above) ?? ReadWhole(above, environment);
    }

    /// <summary>The same, with reference.conf in any case.</summary>
    public static SwarmConfiguration ReadWhole(string? file, IDictionary environment, IEnumerable<Override> overrides) => ReadWhole(LayersOf(file, environment, overrides), environment);

    // What lies on top of reference.conf, the lowest first.
    private static ImmutableArray<HoconDocument> LayersOf(string? file, IDictionary environment, IEnumerable<Override> overrides) =>
    [
        .. file is null ? Enumerable.Empty<HoconDocument>() : [HoconDocument.Load(file, HoconFiles.Instance)],
        .. FromEnvironment(environment),
        .. overrides.Select(one => HoconDocument.OfValue(one.Path, one.Value, one.Source)),
    ];

    // Null: it takes the whole.
    private static SwarmConfiguration? ReadAbove(ImmutableArray<HoconDocument> above)
    {
        if (above.Any(layer => !layer.Errors.IsEmpty || layer.HasSubstitutions)) return null;
        if (HoconDocument.Resolve(above) is not { Value: HoconObject value, Errors.IsEmpty: true }) return null;
        var binder = new SettingsBinder(automatic: null);
        var settings = binder.Bind(value);
        return binder.NeedsReference || binder.Errors.Count > 0 ? null : new SwarmConfiguration(settings, new Lazy<HoconObject>(() => (HoconObject)HoconDocument.Resolve([Reference(), .. above]).Value), []);
    }

    private static SwarmConfiguration ReadWhole(ImmutableArray<HoconDocument> above, IDictionary environment)
    {
        var reference = Reference();
        ImmutableArray<HoconDocument> layers = [reference, .. above];
        var errors = layers.SelectMany(layer => layer.Errors).ToList();
        // What can be understood is checked too, so that one run tells everything.
        var (value, unresolved) = HoconDocument.Resolve([.. layers.Where(layer => layer.Errors.IsEmpty)], name => environment[name] as string);
        errors.AddRange(unresolved);
        if (value is not HoconObject effective)
        {
            errors.Add(new HoconError(value.Origin, "a configuration is an object with keys, not a list"));
            return new SwarmConfiguration(SwarmSettings.Default, new Lazy<HoconObject>(new HoconObject(value.Origin, [])), [.. errors]);
        }

        var binder = new SettingsBinder(Automatic(reference));
        var settings = binder.Bind(effective);
        return new SwarmConfiguration(settings, new Lazy<HoconObject>(effective), [.. errors.Concat(binder.Errors).OrderBy(error => error.Origin.Source, StringComparer.Ordinal).ThenBy(error => error.Origin.Line).ThenBy(error => error.Origin.Column)]);
    }

    /// <summary>The paths below <see cref="RootKey"/> whose values differ from those of <paramref name="other"/>, in order.</summary>
    public IEnumerable<string> Changes(SwarmConfiguration other)
    {
        var before = Values(Effective).ToDictionary(entry => entry.Path, entry => entry.Text, StringComparer.Ordinal);
        var after = Values(other.Effective).ToDictionary(entry => entry.Path, entry => entry.Text, StringComparer.Ordinal);
        return before.Keys.Union(after.Keys, StringComparer.Ordinal).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path)).Order(StringComparer.Ordinal);
    }

    private static HoconDocument Reference() => HoconDocument.Parse(ReferenceText(), ReferenceName);

    // Keys whose default is for the program to find out.
    private static HashSet<string> Automatic(HoconDocument reference) =>
        [.. Values((HoconObject)HoconDocument.Resolve([reference]).Value).Where(entry => entry.Text == SettingsBinder.Auto).Select(entry => entry.Path)];

    private static IEnumerable<(string Path, string Text)> Values(HoconObject root)
    {
        var open = new Stack<(ImmutableArray<string> Path, HoconValue Value)>([([], root)]);
        while (open.TryPop(out var entry))
        {
            if (entry.Value is HoconObject fields)
            {
                foreach (var field in fields.Fields) open.Push((entry.Path.Add(field.Name), field.Value));
            }
            else yield return (HoconPath.Join(entry.Path), ConfigurationText.Write(entry.Value));
        }
    }

    // SWARM__NET__MAX_WAITING_DIALS is swarm.net.max-waiting-dials: names of variables have neither dots nor hyphens.
    private static IEnumerable<HoconDocument> FromEnvironment(IDictionary environment) =>
        from name in environment.Keys.Cast<string>().Order(StringComparer.Ordinal)
        where name.StartsWith(VariablePrefix, StringComparison.Ordinal) && name.Length > VariablePrefix.Length
        let path = name.Split("__").Select(part => part.ToLowerInvariant().Replace('_', '-')).ToArray()
        select HoconDocument.OfValue(path, environment[name] as string ?? "", $"environment variable {name}");
}

/// <summary>A value that the command line gives a path.</summary>
/// <param name="Path">The keys, "swarm" the first.</param>
/// <param name="Value">As text; a list or an object as HOCON has them.</param>
/// <param name="Source">The option, for messages.</param>
internal sealed record Override(ImmutableArray<string> Path, string Value, string Source)
{
    /// <summary>Reads <c>key=value</c>; the "swarm." in front may be left out.</summary>
    public static bool TryParse(string text, out Override? found)
    {
        found = null;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0) return false;
        var keys = text[..equals].Trim().Split('.');
        if (keys.Any(key => key.Length == 0)) return false;
        if (keys[0] != SwarmConfiguration.RootKey) keys = [SwarmConfiguration.RootKey, .. keys];
        found = new Override([.. keys], text[(equals + 1)..].Trim(), $"--set {text[..equals].Trim()}");
        return true;
    }
}
