using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Swarm.Actors.Trackers;
using Swarm.Io.Http;
using Swarm.Protocol.Bandwidth;

namespace Swarm.Host.Configuration;

/// <summary>
/// The keys of a settings record, found by reflection: every public member that can be set is a key, and one whose type is a settings record itself (its name ends with Settings or Limits) is a group
/// of keys. Built once for <see cref="SwarmSettings"/>, each group when it is first looked into, because a start looks into few; order is the records' own.
/// </summary>
internal sealed class SettingsGroup
{
    /// <summary>The key that turns a group off which may be null.</summary>
    public const string EnabledKey = "enabled";

    // Members that follow from others, so that nobody has to say the same twice.
    private static readonly ImmutableArray<(Type Type, string Member)> Derived =
    [
        // From where the node listens, and what it is bound to.
        (typeof(TrackersSettings), nameof(TrackersSettings.LocalV4)), (typeof(TrackersSettings), nameof(TrackersSettings.LocalV6)),
        (typeof(HttpPortSettings), nameof(HttpPortSettings.BindIPv4)), (typeof(HttpPortSettings), nameof(HttpPortSettings.BindIPv6)),
        // From node.public-only and node.private-networks.
        (typeof(TrackersSettings), nameof(TrackersSettings.Reach)), (typeof(HttpPortSettings), nameof(HttpPortSettings.Reach)),
        // From store.kind and store.postgres.
        (typeof(IoSettings), nameof(IoSettings.Postgres)),
        // From net.bandwidth-tick.
        (typeof(BandwidthSettings), nameof(BandwidthSettings.TickInterval)),
    ];

    private readonly Lazy<ImmutableArray<SettingsMember>> _members;

    private SettingsGroup(Type type)
    {
        Type = type;
        _members = new Lazy<ImmutableArray<SettingsMember>>(() =>
        [
            .. from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
               where property.SetMethod is { IsPublic: true } && !Derived.Contains((type, property.Name))
               orderby property.MetadataToken
               select new SettingsMember(property, IsGroup(property.PropertyType) ? new SettingsGroup(property.PropertyType) : null),
        ]);
    }

    /// <summary>The keys of <see cref="SwarmSettings"/>.</summary>
    public static SettingsGroup Root { get; } = new(typeof(SwarmSettings));

    /// <summary>The record.</summary>
    public Type Type { get; }

    /// <summary>Its keys.</summary>
    public ImmutableArray<SettingsMember> Members => _members.Value;

    /// <summary>The keys of a record that is an element of a list.</summary>
    public static SettingsGroup OfElement(Type type) => new(type);

    /// <summary>Whether members of a type are groups.</summary>
    public static bool IsGroup(Type type) => type is { IsClass: true } && (type.Name.EndsWith("Settings", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal));

    /// <summary>The member of a key, or null.</summary>
    public SettingsMember? Find(string key) => Members.FirstOrDefault(member => member.Key == key);

    /// <summary>Every key below this group that has a value, as a path, the groups' own "enabled" among them.</summary>
    public IEnumerable<(ImmutableArray<string> Path, SettingsMember Member)> Leaves() => Members.SelectMany(member => member.Group is null
        ? [([member.Key], member)]
        : (member.IsNullable ? [([member.Key, EnabledKey], member)] : Enumerable.Empty<(ImmutableArray<string>, SettingsMember)>())
            .Concat(member.Group.Leaves().Select(leaf => (leaf.Path.Insert(0, member.Key), leaf.Member))));

    /// <summary>A member's name as a key: <c>MaxLinks</c> is max-links.</summary>
    public static string KeyOf(string name)
    {
        var key = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            // A word begins with a capital after a small letter, or with one before a small letter.
            var begins = i > 0 && char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (begins) key.Append('-');
            key.Append(char.ToLowerInvariant(name[i]));
        }

        return key.ToString();
    }
}

/// <summary>One key: the record's member, and the group below it if it has one.</summary>
internal sealed class SettingsMember(PropertyInfo property, SettingsGroup? group)
{
    // Names whose numbers are bytes, so that they may have a unit.
    private static readonly string[] SizeEndings =
    [
        "Bytes", "BytesPerLink", "BytesPerSecond", "Grant", "DownloadLimit", "UploadLimit", "BlockLength", "RequestLength", "BitfieldLength", "ExtendedLength", "UnknownLength", "PieceLength", "MetadataSize",
    ];

    public PropertyInfo Property { get; } = property;

    public SettingsGroup? Group { get; } = group;

    public string Key { get; } = SettingsGroup.KeyOf(property.Name);

    /// <summary>The type of its values, without the question mark.</summary>
    public Type Type { get; } = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    public bool IsNullable => Nullable.GetUnderlyingType(Property.PropertyType) is not null
        || (!Property.PropertyType.IsValueType && new NullabilityInfoContext().Create(Property).WriteState == NullabilityState.Nullable);

    public bool IsSecret => Property.IsDefined(typeof(SecretAttribute));

    /// <summary>Whether its number is one of bytes.</summary>
    public bool IsSize => SizeEndings.Any(ending => Property.Name.EndsWith(ending, StringComparison.Ordinal));
}
