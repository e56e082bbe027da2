using Swarm.Actors.Node;
using Swarm.Hocon;
using Swarm.Host;
using Swarm.Host.Api;
using Swarm.Host.Configuration;
using Swarm.Protocol.Bencoding;
using Swarm.Tests.Architecture;

namespace Swarm.Tests.Host.Configuration;

/// <summary>reference.conf and the settings records say the same: no limit without a key, no key without a limit, one default each.</summary>
public sealed class ReferenceTests
{
    // What is no key of its own, with the reason.
    private static readonly Type[] NotConfigured =
    [
        // Put together from SwarmSettings; IoSettings and its like are below it.
        typeof(NodeSettings),
        // Made of ClusterSectionSettings.
        typeof(Swarm.Actors.Cluster.ClusterSettings),
        // Made of store.postgres.
        typeof(Swarm.Io.Store.Postgres.PostgresSettings), typeof(Swarm.Io.Store.Postgres.PostgresStoreSettings), typeof(Swarm.Io.Store.Postgres.PostgresClusterSettings),
        // Made of ApiSettings, with what the node's section says of roots and reach.
        typeof(HttpApiSettings),
        // Each parser has its own, made of the limits of what it parses.
        typeof(BencodeLimits),
        // The kernel's: set by ActorSystems from io.mailboxes, else for tests.
        typeof(ActorSystemSettings), typeof(DispatcherSettings), typeof(CoordinatedShutdownSettings), typeof(SimulationSettings),
        // For what people type or paste; not for what a node meets.
        typeof(Swarm.Protocol.Magnets.MagnetLimits),
        // The configuration cannot configure its own reader.
        typeof(HoconLimits),
    ];

    private static readonly HoconObject Reference = ReadReference();

    [Fact]
    public void Every_settings_record_is_configured()
    {
        var reached = new HashSet<Type>();
        Collect(SettingsGroup.Root, reached);
        var all = from assembly in new[] { typeof(NodeSettings).Assembly, typeof(BencodeLimits).Assembly, typeof(Swarm.Io.Disk.DiskSettings).Assembly, typeof(ActorSystemSettings).Assembly, typeof(SwarmNode).Assembly, typeof(HoconLimits).Assembly }
                  from type in assembly.GetTypes()
                  where SettingsGroup.IsGroup(type) && !type.IsNested && type.GetMethod("<Clone>$") is not null && type.Name != "CommonSettings"
                  select type;
        all.Except(reached).Except(NotConfigured).Select(type => type.FullName).ShouldBeEmpty("each needs a place in SwarmSettings, or a line above with its reason");
    }

    [Fact]
    public void Every_member_is_a_key_of_the_reference()
    {
        var missing = SettingsGroup.Root.Leaves().Where(leaf => Reference.At([SwarmConfiguration.RootKey, .. leaf.Path]) is null).Select(leaf => HoconPath.Join(leaf.Path));
        missing.ShouldBeEmpty("each needs a line in hocon/reference.conf: its default, and above it what it is for");
    }

    [Fact]
    public void Every_key_of_the_reference_is_known_and_has_the_default_of_its_record()
    {
        var (settings, errors) = Bind();
        errors.ShouldBeEmpty();
        Flat(settings, SettingsGroup.Root).ShouldBe(Flat(SwarmSettings.Default, SettingsGroup.Root));
    }

    [Fact]
    public void Every_key_of_the_reference_is_explained()
    {
        var lines = SwarmConfiguration.ReferenceText().Split('\n');
        var bare = from leaf in SettingsGroup.Root.Leaves()
                   let line = Reference.At([SwarmConfiguration.RootKey, .. leaf.Path])!.Origin.Line
                   where !lines[line - 2].TrimStart().StartsWith('#')
                   select HoconPath.Join(leaf.Path);
        bare.ShouldBeEmpty();
    }

    [Fact]
    public void The_documentation_is_made_of_the_reference() =>
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md")).ShouldBe(ConfigurationDocs.Write(SwarmConfiguration.ReferenceText()), "run: swarm config docs > docs/configuration.md");

    [Fact]
    public void The_example_of_a_node_is_good_with_and_without_its_comments()
    {
        var path = Path.Combine(Repository.Root, "hocon", "node.conf");
        SwarmConfiguration.Read(path, new Dictionary<string, string>(), []).Errors.ShouldBeEmpty();
        // A line that begins with "#" and no blank is an example of a key.
        var examples = File.ReadLines(path).Select(line => line.TrimStart() is ['#', not (' ' or '#'), ..] ? line.Replace("#", "", StringComparison.Ordinal) : line);
        var (value, unresolved) = HoconDocument.Resolve([HoconDocument.Parse(string.Join('\n', examples), path, HoconFiles.Instance)], name => name);
        unresolved.ShouldBeEmpty();
        var binder = new SettingsBinder(new HashSet<string>());
        binder.Bind((HoconObject)value);
        binder.Errors.ShouldBeEmpty();
    }

    private static (SwarmSettings Settings, IReadOnlyList<HoconError> Errors) Bind()
    {
        var configuration = SwarmConfiguration.ReadWhole(null, new Dictionary<string, string>(), []);
        return (configuration.Settings, configuration.Errors);
    }

    private static HoconObject ReadReference()
    {
        var document = HoconDocument.Parse(SwarmConfiguration.ReferenceText(), "reference.conf");
        document.Errors.ShouldBeEmpty();
        return (HoconObject)HoconDocument.Resolve([document]).Value;
    }

    private static void Collect(SettingsGroup group, HashSet<Type> into)
    {
        into.Add(group.Type);
        foreach (var member in group.Members)
        {
            if (member.Group is not null) Collect(member.Group, into);
            else if (member.Type is { IsGenericType: true } list && SettingsGroup.IsGroup(list.GetGenericArguments()[0])) Collect(SettingsGroup.OfElement(list.GetGenericArguments()[0]), into);
        }
    }

    internal static List<string> Flat(object? record, SettingsGroup group, string path = "") => [.. group.Members.SelectMany(member =>
    {
        var value = record is null ? null : member.Property.GetValue(record);
        var at = $"{path}{member.Key}";
        return member.Group is null ? [$"{at} = {SettingsText.Write(value, member.IsSize)}"] : Flat(value, member.Group, at + ".");
    })];
}
