using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Swarm.Host;
using Swarm.Host.Api.Security;
using Swarm.Host.Configuration;
using Swarm.Protocol.Cluster;
using Swarm.Tests.Architecture;

namespace Swarm.Tests.Host.Configuration;

/// <summary>What operators write to make a node a member of a cluster, what becomes of it, and what they are told.</summary>
public sealed class ClusterSectionTests : IDisposable
{
    private const string Good = "cluster { enabled = true, name = c, end-point = \"10.0.0.7:9120\", secret = 0123456789abcdef0123456789abcdef }, store { kind = postgres, postgres.connection = \"Host=db;Database=swarm\" }";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_node_is_in_no_cluster_unless_it_says_so()
    {
        Read("net {}").Settings.Cluster.ShouldBeNull();
        Read("cluster { name = c }").Settings.Cluster.ShouldBeNull();
    }

    [Fact]
    public void What_is_said_is_what_the_parts_take()
    {
        var configuration = Read(Good + ", cluster { zone = z, weight = 2.5, roles = [storage], storage = s, replicas = 3, upload-limit = 1 MiB, membership.suspect-after = 9 s, placement.repair-delay = 5 m, retry-delay = 7 s, link.queue-limit = 99 }");
        configuration.Errors.ShouldBeEmpty();
        var section = configuration.Settings.Cluster.ShouldNotBeNull();
        var cluster = section.ToCluster("/data");
        cluster.Traits.ShouldBe(new MemberTraits { Storage = "s", Zone = "z", Weight = 2.5, Roles = MemberRoles.Storage } with { PeerEndPoints = cluster.Traits.PeerEndPoints });
        (cluster.Name, cluster.EndPoint, cluster.Folder, cluster.PeerAddress, cluster.UploadLimit).ShouldBe(("c", "10.0.0.7:9120", "/data/cluster", "10.0.0.7", 1L << 20));
        (cluster.Membership.SuspectAfter, cluster.Placement.RepairDelay, cluster.RetryDelay, section.Replicas).ShouldBe((TimeSpan.FromSeconds(9), TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(7), 3));
        var link = section.ToLink();
        (link.Cluster, link.EndPoint, link.Settings.QueueLimit, link.Tls).ShouldBe(("c", "10.0.0.7:9120", 99, null));
        link.Listen.ShouldBe([IPEndPoint.Parse("10.0.0.7:9120")]);
        link.Key.AsSpan().SequenceEqual("0123456789abcdef0123456789abcdef"u8).ShouldBeTrue();
    }

    [Theory]
    [InlineData("localhost:9120", "127.0.0.1:9120")]
    [InlineData("10.0.0.7:9120", "10.0.0.7:9120")]
    [InlineData("[2001:db8::7]:9120", "[2001:db8::7]:9120")]
    public void It_listens_where_its_end_point_is(string endPoint, string listens) =>
        Read(Good + $", cluster.end-point = \"{endPoint}\", cluster.peer-address = \"10.0.0.1\"").Settings.Cluster!.ListenAt.ShouldBe([IPEndPoint.Parse(listens)]);

    [Fact]
    public void It_listens_everywhere_for_a_name_and_where_it_says()
    {
        var named = Read(Good + ", cluster.end-point = \"node-1.example.net:9120\", cluster.peer-address = \"10.0.0.1\"").Settings.Cluster!.ListenAt.ShouldHaveSingleItem();
        (named.Port, named.Address.Equals(IPAddress.IPv6Any) || named.Address.Equals(IPAddress.Any)).ShouldBe((9120, true));
        Read(Good + ", cluster.listen = [\"127.0.0.1:1\"]").Settings.Cluster!.ListenAt.ShouldBe([IPEndPoint.Parse("127.0.0.1:1")]);
    }

    [Theory]
    [InlineData("cluster.end-point = nobody", "'swarm.cluster.end-point': it is a host and a port, such as \"node-1.example.net:9120\"")]
    [InlineData("cluster.end-point = \"a b:9120\"", "'swarm.cluster.end-point': it is a host and a port")]
    [InlineData("cluster.end-point = \"[fe80::1%\\u0000]:9120\"", "'swarm.cluster.end-point': it is a host and a port")]
    [InlineData("cluster.end-point = \"a:0\"", "'swarm.cluster.end-point': it is a host and a port")]
    [InlineData("cluster.name = null", "name = …")]
    [InlineData("cluster.end-point = null", "end-point = \"HOST:PORT\"")]
    [InlineData("cluster.secret = null", "the same secret-file")]
    [InlineData("cluster.secret = short", "'openssl rand -hex 32' makes one")]
    [InlineData("cluster.secret-file = \"/x\"", "there is a secret already")]
    [InlineData("cluster.tls.certificate = \"/x\"", "certificate, key and authority are needed together")]
    [InlineData("cluster.folder = x", "it must be absolute")]
    [InlineData("cluster.end-point = \"a.example.net:9120\"", "peer-address = …")]
    [InlineData("cluster.membership.session-lease = 12 s", "lengthen it or shorten the margin")]
    [InlineData("cluster.link.longest-back-off = 3 s", "half of membership.suspect-after or less")]
    [InlineData("cluster.tables.timeout = 30 s", "half of the time that a session leaves for writing")]
    [InlineData("store.kind = sqlite", "store.kind = postgres")]
    [InlineData("store.postgres.storage = other", "name the storage in cluster.storage")]
    [InlineData("cluster.storage = \"a\\u0000b\"", "'swarm.cluster.storage': it has no control characters")]
    [InlineData("cluster.zone = \"a\\nb\"", "'swarm.cluster.zone': it has no control characters")]
    [InlineData("cluster.weight = 0", "'swarm.cluster.weight' is out of its range")]
    [InlineData("cluster.roles = [king]", "one of none, storage, planner")]
    public void What_does_not_go_together_is_told_with_what_to_do(string wrong, string told)
    {
        Read(Good).Errors.ShouldBeEmpty();
        Read($"{Good}, {wrong}").Errors.Select(error => error.ToString()).ShouldContain(error => error.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void The_secret_comes_from_a_file_without_its_last_line_end()
    {
        var file = _scratch.Write("secret", Encoding.UTF8.GetBytes(new string('x', 32) + "\n"));
        var fromFile = $"{Good}, cluster {{ secret = null, secret-file = \"{file}\" }}";
        Read(fromFile).Settings.Cluster!.ToLink().Key.Length.ShouldBe(32);
        File.WriteAllText(file, "short");
        Should.Throw<SwarmException>(() => Read(fromFile).Settings.Cluster!.ToLink()).Message.ShouldContain("swarm.cluster.secret-file");
        File.Delete(file);
        Should.Throw<SwarmException>(() => Read(fromFile).Settings.Cluster!.ToLink()).Message.ShouldContain("swarm.cluster.secret-file");
    }

    [Fact]
    public void The_example_of_a_member_is_good_as_it_is_and_with_what_the_environment_says()
    {
        var path = Path.Combine(Repository.Root, "hocon", "cluster.conf");
        SwarmConfiguration.Read(path, new Dictionary<string, string>(), []).Errors.ShouldBeEmpty();
        var environment = new Dictionary<string, string> { ["SWARM_END_POINT"] = "node-2.example.net:9120", ["SWARM_PEER_ADDRESS"] = "10.0.0.2", ["SWARM_SECRET_FILE"] = "/run/secret", ["SWARM_ZONE"] = "b", ["SWARM_DATABASE"] = "postgresql://swarm@db/swarm" };
        var configuration = SwarmConfiguration.Read(path, environment, []);
        configuration.Errors.ShouldBeEmpty();
        var cluster = configuration.Settings.Cluster.ShouldNotBeNull();
        (cluster.EndPoint, cluster.PeerAddress, cluster.SecretFile, cluster.Zone).ShouldBe(("node-2.example.net:9120", IPAddress.Parse("10.0.0.2"), "/run/secret", "b"));
        configuration.Settings.Store.Postgres.Connection.ShouldBe("postgresql://swarm@db/swarm");
    }

    [Theory]
    [InlineData("swarm-api:9110", true)]
    [InlineData("swarm-api.storage:9110", true)]
    [InlineData("swarm-api.storage.svc:9110", true)]
    [InlineData("swarm-api.storage.svc.cluster.local:9110", true)]
    [InlineData("10.1.2.3:9110", true)]
    [InlineData("swarm-api.other:9110", false)]
    public void The_configuration_for_Kubernetes_is_good_and_answers_to_its_service(string host, bool isAnswered)
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, "packaging", "kubernetes", "swarm.yaml")).SkipWhile(line => line != "  swarm.conf: |").Skip(1).TakeWhile(line => line != "---").Select(line => line.TrimStart());
        var path = _scratch.Write("swarm.conf", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        var environment = new Dictionary<string, string>
        {
            ["SWARM_API_KEY"] = new('k', 64),
            ["SWARM_END_POINT"] = "swarm-0.swarm.storage.svc.cluster.local:9120",
            ["SWARM_CLUSTER_SECRET"] = new('s', 64),
            ["SWARM_PEER_ADDRESS"] = "10.1.2.3",
            ["SWARM_DATABASE"] = "Host=db;Database=swarm",
            ["POD_NAMESPACE"] = "storage",
        };
        var configuration = SwarmConfiguration.Read(path, environment, []);
        configuration.Errors.ShouldBeEmpty();
        var request = new DefaultHttpContext().Request;
        request.Host = new HostString(host);
        (new HostRules(configuration.Settings.Api.ShouldNotBeNull().AllowedHosts, []).Refusal(request) is null).ShouldBe(isAnswered);
    }

    private SwarmConfiguration Read(string swarm) =>
        SwarmConfiguration.Read(_scratch.Write("swarm.conf", Encoding.UTF8.GetBytes($"swarm {{ {swarm} }}")), ImmutableDictionary<string, string>.Empty, []);
}
