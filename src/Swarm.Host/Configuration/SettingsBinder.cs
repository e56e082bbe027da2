using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>
/// Makes settings of a resolved configuration: every key must be known, of its type, and in the range that its record keeps. All that is wrong is found at once, each with the place where it was
/// written and, of an unknown key, the nearest known one. One instance a reading.
/// </summary>
/// <param name="automatic">Paths of keys that the word "auto" leaves to the program: those that reference.conf has at auto. Null: the configuration is what lies on top of reference.conf, without it.</param>
internal sealed partial class SettingsBinder(IReadOnlySet<string>? automatic)
{
    /// <summary>What leaves a value to the program.</summary>
    public const string Auto = "auto";

    private readonly List<HoconError> _errors = [];

    /// <summary>What was wrong, in the order of the configuration.</summary>
    public IReadOnlyList<HoconError> Errors => _errors;

    /// <summary>Whether a value was met that means what it means by reference.conf alone, which this binder does not have: the settings are not to be used.</summary>
    public bool NeedsReference { get; private set; }

    /// <summary>The settings below <c>swarm</c>; where something is wrong, the default stands.</summary>
    public SwarmSettings Bind(HoconObject root)
    {
        foreach (var field in root.Fields.Where(field => field.Name != SwarmConfiguration.RootKey))
        {
            _errors.Add(new HoconError(field.Origin, $"'{HoconPath.Quote(field.Name)}' is no known key", $"all keys are below '{SwarmConfiguration.RootKey}'"));
        }

        var settings = root.Field(SwarmConfiguration.RootKey);
        if (settings is null) return SwarmSettings.Default;
        return (SwarmSettings)BindGroup(SettingsGroup.Root, SwarmSettings.Default, settings.Value, [SwarmConfiguration.RootKey]);
    }

    private object BindGroup(SettingsGroup group, object defaults, HoconValue value, ImmutableArray<string> path)
    {
        if (value is not HoconObject fields)
        {
            Wrong(value, path, "an object with keys");
            return defaults;
        }

        var bound = Copy(defaults);
        foreach (var field in fields.Fields)
        {
            var at = path.Add(field.Name);
            if (group.Find(field.Name) is not { } member) Unknown(field, at);
            else if (member.Group is not null) BindMemberGroup(bound, member, member.Group, field, at);
            else if (TryRead(member, field.Value, at, out var read)) Set(bound, member, read, field.Value, at);
        }

        Check(bound, fields, path);
        return bound;
    }

    private void BindMemberGroup(object bound, SettingsMember member, SettingsGroup group, HoconField field, ImmutableArray<string> at)
    {
        var standing = member.Property.GetValue(bound);
        var current = standing ?? Activator.CreateInstance(group.Type)!;
        var value = field.Value;
        // On top of reference.conf nobody has to say so again.
        var isOn = automatic is not null || standing is not null;
        if (member.IsNullable && value is HoconObject fields && fields.Field(SettingsGroup.EnabledKey) is { } enabled)
        {
            var said = HoconRead.Boolean(enabled.Value);
            if (said is null) Wrong(enabled.Value, at.Add(SettingsGroup.EnabledKey), "true or false");
            isOn = said ?? true;
            value = new HoconObject(fields.Origin, fields.Fields.Remove(enabled));
        }

        // What is turned off is checked all the same.
        var made = BindGroup(group, current, value, at);
        member.Property.SetValue(bound, isOn ? made : null);
    }

    // False: an error was told, or the value is left to the program.
    private bool TryRead(SettingsMember member, HoconValue value, ImmutableArray<string> at, out object? read)
    {
        read = null;
        if (value is HoconScalar { Kind: HoconScalarKind.Null }) return member.IsNullable || Wrong(value, at, "a value");
        var isDictionary = member.Type == typeof(ImmutableSortedDictionary<string, LogLevel>);
        var isAuto = HoconRead.Text(value) == Auto;
        if (automatic is null && (isAuto || isDictionary)) NeedsReference = true;
        if (isAuto && automatic?.Contains(HoconPath.Join(at)) != false) return false;
        if (isDictionary) return TryReadLevels(value, at, out read);
        if (!member.Type.IsGenericType) return TryReadOne(member.Type, member.IsSize, value, at, out read);
        var element = member.Type.GetGenericArguments()[0];
        if (HoconRead.List(value) is not { } list) return Wrong(value, at, "a list, such as [a, b]");
        var elements = Array.CreateInstance(element, list.Length);
        for (var i = 0; i < list.Length; i++)
        {
            if (SettingsGroup.IsGroup(element)) elements.SetValue(BindGroup(SettingsGroup.OfElement(element), Activator.CreateInstance(element)!, list[i], at.Add($"{i}")), i);
            else if (TryReadOne(element, member.IsSize, list[i], at.Add($"{i}"), out var one)) elements.SetValue(one, i);
            else return false;
        }

        read = typeof(ImmutableArray).GetMethods().Single(IsCreateOfArray).MakeGenericMethod(element).Invoke(null, [elements]);
        return true;
    }

    private static bool IsCreateOfArray(MethodInfo method) => method.Name == nameof(ImmutableArray.Create) && method.GetParameters() is [{ ParameterType.IsArray: true } items] && items.IsDefined(typeof(ParamArrayAttribute));

    private bool TryReadOne(Type type, bool isSize, HoconValue value, ImmutableArray<string> at, out object? read)
    {
        read = SettingsText.Read(value, type, isSize, out var expected);
        return read is not null || Wrong(value, at, expected);
    }

    // Categories have dots: without quotes they are objects inside each other.
    private bool TryReadLevels(HoconValue value, ImmutableArray<string> at, out object? read)
    {
        var levels = ImmutableSortedDictionary.CreateBuilder<string, LogLevel>(StringComparer.Ordinal);
        read = null;
        if (value is not HoconObject fields) return Wrong(value, at, "an object, such as { \"Swarm.Dht\" = debug }");
        var open = new Stack<(string Category, HoconValue Value)>(fields.Fields.Select(field => (field.Name, field.Value)));
        while (open.TryPop(out var entry))
        {
            if (entry.Value is HoconObject inner)
            {
                foreach (var field in inner.Fields) open.Push(($"{entry.Category}.{field.Name}", field.Value));
            }
            else if (!TryReadOne(typeof(LogLevel), isSize: false, entry.Value, at.Add(entry.Category), out var level)) return false;
            else levels[entry.Category] = (LogLevel)level!;
        }

        read = levels.ToImmutable();
        return true;
    }

    // Every record refuses what is out of its range, and says which bound.
    private void Set(object bound, SettingsMember member, object? read, HoconValue value, ImmutableArray<string> at)
    {
        try
        {
            member.Property.SetValue(bound, read);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException refused)
        {
            var said = Quoted().Replace(FirstSentence().Match(refused.Message).Value, match => BoundText(match.Groups["bound"].Value, member));
            _errors.Add(new HoconError(value.Origin, $"'{HoconPath.Join(at)}' is out of its range: {said.Replace(member.Property.Name, "it", StringComparison.Ordinal)}"));
        }
    }

    private static string BoundText(string bound, SettingsMember member)
    {
        if (member.Type == typeof(TimeSpan) && TimeSpan.TryParse(bound, out var time)) return SettingsText.Duration(time);
        return member.IsSize && long.TryParse(bound, out var bytes) ? SettingsText.Size(bytes) : bound;
    }

    private void Check(object bound, HoconObject fields, ImmutableArray<string> path)
    {
        var problems = bound switch
        {
            IChecked record => record.Problems(),
            Io.Disk.DiskSettings { LowWaterBytes: var low, HighWaterBytes: var high } when low > high => [(nameof(Io.Disk.DiskSettings.LowWaterBytes), "it must not be above high-water-bytes")],
            _ => [],
        };
        foreach (var (name, problem) in problems)
        {
            var key = SettingsGroup.KeyOf(name);
            _errors.Add(new HoconError(fields.Field(key)?.Value.Origin ?? fields.Origin, $"'{HoconPath.Join(path.Add(key))}': {problem}"));
        }
    }

    private void Unknown(HoconField field, ImmutableArray<string> at)
    {
        var nearest = NearestKey.Of(at[1..], SettingsGroup.Root);
        _errors.Add(new HoconError(field.Origin, $"'{HoconPath.Join(at)}' is no known key", nearest is null ? null : $"did you mean '{SwarmConfiguration.RootKey}.{nearest}'?"));
    }

    private bool Wrong(HoconValue value, ImmutableArray<string> at, string expected)
    {
        var found = value is HoconScalar { Kind: not HoconScalarKind.Null } scalar ? $"'{Shortened(scalar.Text)}'" : value.KindText;
        _errors.Add(new HoconError(value.Origin, $"'{HoconPath.Join(at)}' is {found}, where {expected} is expected"));
        return false;
    }

    private static string Shortened(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");

    private static object Copy(object record) => record.GetType().GetMethod("<Clone>$")!.Invoke(record, [])!;

    [GeneratedRegex(@"'(?<bound>[^']*)'", RegexOptions.None, 1_000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[^\n]*?(?=\.? \(Parameter|\r?\n|$)", RegexOptions.None, 1_000)]
    private static partial Regex FirstSentence();
}
