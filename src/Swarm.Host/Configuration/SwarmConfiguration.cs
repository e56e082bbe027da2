using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>
/// The program's configuration, of all places it comes from, each overriding those before it: the defaults of reference.conf, a file, the environment, the command line. They are one configuration: a value
/// of any may refer to a path of any. Read at the edge; what is inside gets settings.
/// </summary>
internal sealed record SwarmConfiguration(SwarmSettings Settings, HoconObject Effective, ImmutableArray<HoconError> Errors)
{
    /// <summary>The key above all others.</summary>
    public const string RootKey = "swarm";

    /// <summary>The file that the daemon reads if none is named and it is there.</summary>
    public const string DefaultFile = "/etc/swarm/swarm.conf";

    private const string ReferenceName = "reference.conf";
    private const string VariablePrefix = "SWARM__";

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
        var reference = HoconDocument.Parse(ReferenceText(), ReferenceName);
        ImmutableArray<HoconDocument> layers =
        [
            reference,
            .. file is null ? Enumerable.Empty<HoconDocument>() : [HoconDocument.Load(file, HoconFiles.Instance)],
            .. FromEnvironment(environment),
            .. overrides.Select(one => HoconDocument.OfValue(one.Path, one.Value, one.Source)),
        ];
        var errors = layers.SelectMany(layer => layer.Errors).ToList();
        // What can be understood is checked too, so that one run tells everything.
        var (value, unresolved) = HoconDocument.Resolve([.. layers.Where(layer => layer.Errors.IsEmpty)], name => environment[name] as string);
        errors.AddRange(unresolved);
        if (value is not HoconObject effective)
        {
            errors.Add(new HoconError(value.Origin, "a configuration is an object with keys, not a list"));
            return new SwarmConfiguration(SwarmSettings.Default, new HoconObject(value.Origin, []), [.. errors]);
        }

        var binder = new SettingsBinder(Automatic(reference));
        var settings = binder.Bind(effective);
        return new SwarmConfiguration(settings, effective, [.. errors.Concat(binder.Errors).OrderBy(error => error.Origin.Source, StringComparer.Ordinal).ThenBy(error => error.Origin.Line).ThenBy(error => error.Origin.Column)]);
    }

    /// <summary>The paths below <see cref="RootKey"/> whose values differ from those of <paramref name="other"/>, in order.</summary>
    public IEnumerable<string> Changes(SwarmConfiguration other)
    {
        var before = Values(Effective).ToDictionary(entry => entry.Path, entry => entry.Text, StringComparer.Ordinal);
        var after = Values(other.Effective).ToDictionary(entry => entry.Path, entry => entry.Text, StringComparer.Ordinal);
        return before.Keys.Union(after.Keys, StringComparer.Ordinal).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path)).Order(StringComparer.Ordinal);
    }

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
