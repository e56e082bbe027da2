using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class RoutingTableTests
{
    private static readonly RoutingSettings Settings = new() { PreferSecureIds = false };

    [Fact]
    public void Closest_nodes_equal_those_of_a_brute_search() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var buckets = Fill(random, random.Next(0, 600), AddressFamily.InterNetwork);
            var all = buckets.Table.Buckets.SelectMany(bucket => bucket.Nodes).ToList();
            for (var i = 0; i < 5; i++)
            {
                var target = i == 0 ? buckets.Table.Own : new NodeIdPrefix(buckets.Table.Own, random.Next(0, 20)).Draw(random);
                var count = random.Next(1, 33);
                var expected = all.OrderBy(node => node.Id.DistanceTo(target)).Take(count).ToList();
                var found = new NodeContact[count];
                found[..buckets.Table.FindClosest(target, found)].ShouldBe(expected);
                var compact = new byte[count * 26];
                compact[..buckets.Table.CopyClosest(target, count, compact)].ShouldBe(expected.SelectMany(Compact));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(61, 67));

    [Fact]
    public void Ranges_cover_the_space_and_only_the_own_one_is_split()
    {
        var random = new Random(3);
        var table = Fill(random, 2_000, AddressFamily.InterNetwork).Table;
        table.Buckets.Length.ShouldBeGreaterThan(6);
        table.Buckets[0].Range.First.ShouldBe(default);
        for (var i = 0; i < 500; i++)
        {
            var id = NodeId.Create(random);
            table.Buckets.Count(bucket => bucket.Range.Contains(id)).ShouldBe(1);
            table.BucketOf(id).Range.Contains(id).ShouldBeTrue();
        }

        // One bucket for each depth, but for two at the last.
        table.Buckets.Select(bucket => bucket.Range.Length).Order().ShouldBe([.. Enumerable.Range(1, table.Buckets.Length - 1), table.Buckets.Length - 1]);
        table.Buckets.ShouldAllBe(bucket => bucket.Nodes.All(node => bucket.Range.Contains(node.Id)));
    }

    [Fact]
    public void Nodes_of_ipv6_are_copied_in_their_form()
    {
        var table = Fill(new Random(3), 100, AddressFamily.InterNetworkV6).Table;
        var compact = new byte[8 * 38];
        table.CopyClosest(table.Own, 8, compact).ShouldBe(compact.Length);
        var read = 0;
        foreach (var node in new CompactNodes(compact, 38)) read += table.NodeAt(node.Address) == node ? 1 : 0;
        read.ShouldBe(8);
        table.CopyClosest(table.Own, 8, compact.AsSpan(0, (38 * 3) + 37)).ShouldBe(38 * 3);
    }

    [Fact]
    public void One_host_has_one_place_in_the_table_and_local_ones_have_many()
    {
        var random = new Random(3);
        var buckets = new RoutingBuckets(NodeId.Create(random), AddressFamily.InterNetwork, Settings, 0);
        buckets.Replied(new NodeContact(NodeId.Create(random), At("8.8.8.8", 5)), 0).ShouldBe(BucketOutcome.Added);
        for (var port = 6; port < 50; port++) buckets.Replied(new NodeContact(NodeId.Create(random), At("8.8.8.8", port)), 0).ShouldBe(BucketOutcome.Refused);
        for (var port = 6; port < 20; port++) buckets.Replied(new NodeContact(NodeId.Create(random), At("127.0.0.1", port)), 0).ShouldNotBe(BucketOutcome.Refused);
        buckets.Replied(new NodeContact(buckets.Table.Own, At("9.9.9.9")), 0).ShouldBe(BucketOutcome.Refused, "nobody else has our id");
    }

    [Fact]
    public void Node_that_changed_its_id_is_moved_to_where_it_belongs()
    {
        var random = new Random(3);
        var buckets = Fill(random, 300, AddressFamily.InterNetwork);
        var node = buckets.Table.Buckets[0].Nodes[0];
        var renamed = node with { Id = new NodeIdPrefix(buckets.Table.Own, 12).Draw(random) };
        buckets.Replied(renamed, 0).ShouldBe(BucketOutcome.Added);
        buckets.Table.Buckets.SelectMany(bucket => bucket.Nodes).Where(other => other.Address == node.Address).ShouldBe([renamed]);
    }

    [Fact]
    public void Published_buckets_that_are_split_already_change_nothing()
    {
        var table = Fill(new Random(3), 300, AddressFamily.InterNetwork).Table;
        table.With(BucketSnapshot.Empty(NodeIdPrefix.All, AddressFamily.InterNetwork, 0)).ShouldBeSameAs(table);
        var lower = BucketSnapshot.Empty(NodeIdPrefix.All.Half(upper: false), AddressFamily.InterNetwork, 0);
        Should.Throw<ArgumentException>(() => table.WithSplit(lower, lower));
    }

    [Fact]
    public void Pings_and_refreshes_come_from_all_buckets()
    {
        var buckets = Fill(new Random(3), 300, AddressFamily.InterNetwork);
        var now = TimeSpan.FromMinutes(20).Ticks;
        var pinged = new HashSet<NodeContact>();
        while (buckets.TryTakePing(now, out var contact)) pinged.Add(contact).ShouldBeTrue();
        pinged.Count.ShouldBe(buckets.Table.Count);
        var refreshed = new HashSet<NodeIdPrefix>();
        while (buckets.TryTakeRefresh(now, out var range)) refreshed.Add(range).ShouldBeTrue();
        refreshed.ShouldBe(buckets.Table.Buckets.Select(bucket => bucket.Range), ignoreOrder: true);
        foreach (var contact in pinged) buckets.Failed(contact);
        buckets.Table.Count.ShouldBe(0);
        foreach (var contact in pinged) buckets.Replied(contact, now);
        buckets.Table.Count.ShouldBe(pinged.Count);
    }

    private static byte[] Compact(NodeContact contact)
    {
        var bytes = new byte[26];
        contact.WriteCompact(bytes);
        return bytes;
    }

    private static RoutingBuckets Fill(Random random, int nodes, AddressFamily family)
    {
        var buckets = new RoutingBuckets(NodeId.Create(random), family, Settings, 0);
        for (var i = 0; i < nodes; i++)
        {
            var address = Public(random);
            if (family == AddressFamily.InterNetworkV6)
            {
                var bytes = new byte[16];
                random.NextBytes(bytes);
                bytes[0] = 0x2a;
                address = new UdpAddress(bytes, 6881);
            }

            buckets.Replied(new NodeContact(NodeId.Create(random), address), 0);
        }

        return buckets;
    }
}
