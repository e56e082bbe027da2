using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class KBucketTests
{
    private static readonly long Minute = TimeSpan.FromMinutes(1).Ticks;
    private readonly Random _random = new(1);
    private readonly KBucket _bucket = new(NodeIdPrefix.All, AddressFamily.InterNetwork, RoutingSettings.Default, 0);

    [Fact]
    public void Takes_as_many_as_its_size_and_lets_others_wait()
    {
        for (var i = 0; i < 8; i++) _bucket.Replied(Insecure(), 0).ShouldBe(BucketOutcome.Added);
        for (var i = 0; i < 9; i++) _bucket.Replied(Insecure(), 0).ShouldBe(BucketOutcome.Spare);
        (_bucket.Count, _bucket.SpareCount, _bucket.DroppedSpares, _bucket.IsCrowded).ShouldBe((8, 8, 1, true));
        _bucket.Snapshot().Nodes.Length.ShouldBe(8);
    }

    [Fact]
    public void Node_is_good_questionable_and_bad()
    {
        var node = Insecure();
        _bucket.Replied(node, 0);
        _bucket.StateOf(node, (15 * Minute) - 1).ShouldBe(NodeState.Good);
        _bucket.StateOf(node, 15 * Minute).ShouldBe(NodeState.Questionable);
        _bucket.Queried(node, 15 * Minute);
        _bucket.StateOf(node, 15 * Minute).ShouldBe(NodeState.Good, "it asked us, and has answered before");
        _bucket.Failed(node);
        _bucket.StateOf(node, 15 * Minute).ShouldBe(NodeState.Questionable);
        _bucket.Failed(node);
        _bucket.StateOf(node, 15 * Minute).ShouldBe(NodeState.Bad);
        _bucket.Snapshot().Nodes.ShouldBeEmpty();
        _bucket.Replied(node, 16 * Minute).ShouldBe(BucketOutcome.Refreshed);
        _bucket.StateOf(node, 16 * Minute).ShouldBe(NodeState.Good);
    }

    [Fact]
    public void Who_only_asked_is_not_added()
    {
        _bucket.Queried(Insecure(), 0);
        _bucket.Count.ShouldBe(0);
    }

    [Fact]
    public void Pings_go_to_the_one_not_seen_for_longest_and_not_twice_in_a_row()
    {
        var nodes = Fill(3);
        _bucket.TryTakePing(14 * Minute, out _).ShouldBeFalse();
        _bucket.Queried(nodes[0], 14 * Minute);
        _bucket.TryTakePing(20 * Minute, out var first).ShouldBeTrue();
        first.ShouldBe(nodes[1]);
        _bucket.TryTakePing(20 * Minute, out var second).ShouldBeTrue();
        second.ShouldBe(nodes[2]);
        _bucket.TryTakePing(20 * Minute, out _).ShouldBeFalse();
        _bucket.Failed(first);
        _bucket.Replied(second, 20 * Minute);
        _bucket.TryTakePing((20 * Minute) + TimeSpan.FromSeconds(30).Ticks - 1, out _).ShouldBeFalse();
        _bucket.TryTakePing((20 * Minute) + TimeSpan.FromSeconds(30).Ticks, out var again).ShouldBeTrue();
        again.ShouldBe(first, "BEP 5 suggests to try once more");
    }

    [Fact]
    public void Bad_node_gives_its_place_to_the_spare_seen_last()
    {
        var nodes = Fill(8);
        var (early, late) = (Insecure(), Insecure());
        _bucket.Replied(early, Minute);
        _bucket.Replied(late, 2 * Minute);
        _bucket.Failed(nodes[3]);
        _bucket.StateOf(late, 2 * Minute).ShouldBeNull();
        _bucket.Failed(nodes[3]);
        _bucket.StateOf(nodes[3], 2 * Minute).ShouldBeNull();
        _bucket.StateOf(late, 2 * Minute).ShouldBe(NodeState.Good);
        (_bucket.Count, _bucket.SpareCount).ShouldBe((8, 1));
    }

    [Fact]
    public void Bad_node_stays_while_there_is_nobody_better_and_is_tried_again_rarely()
    {
        var nodes = Fill(1);
        for (var i = 0; i < 20; i++) _bucket.Failed(nodes[0]);
        _bucket.Count.ShouldBe(1);
        _bucket.TryTakePing(Minute, out _).ShouldBeTrue();
        _bucket.TryTakePing(15 * Minute, out _).ShouldBeFalse();
        _bucket.TryTakePing(16 * Minute, out _).ShouldBeTrue();
        for (var i = 0; i < 7; i++) _bucket.Replied(Insecure(), 0);
        _bucket.Replied(Insecure(), 0).ShouldBe(BucketOutcome.Added);
        _bucket.StateOf(nodes[0], 0).ShouldBeNull();
    }

    [Fact]
    public void Secure_id_takes_the_place_of_the_youngest_insecure_one()
    {
        var nodes = Fill(8);
        var secure = Secure();
        _bucket.Replied(secure, Minute).ShouldBe(BucketOutcome.Added);
        _bucket.StateOf(nodes[7], Minute).ShouldBeNull();
        _bucket.StateOf(nodes[0], Minute).ShouldNotBeNull();
        _bucket.SpareCount.ShouldBe(1);
        for (var i = 0; i < 7; i++) _bucket.Replied(Secure(), Minute).ShouldBe(BucketOutcome.Added);
        _bucket.Replied(Secure(), Minute).ShouldBe(BucketOutcome.Spare);
    }

    [Fact]
    public void Hosts_and_networks_have_their_share_and_local_ones_are_exempt()
    {
        NodeContact Of(string address, int port = 6881) => new(NodeId.Create(_random), At(address, port));
        _bucket.Replied(Of("8.8.8.8"), 0).ShouldBe(BucketOutcome.Added);
        _bucket.Replied(Of("8.8.8.8", 99), 0).ShouldBe(BucketOutcome.Refused);
        _bucket.Replied(Of("8.8.8.9"), 0).ShouldBe(BucketOutcome.Added);
        _bucket.Replied(Of("8.8.8.10"), 0).ShouldBe(BucketOutcome.Refused);
        _bucket.Replied(Of("8.8.9.10"), 0).ShouldBe(BucketOutcome.Added);
        _bucket.Refused.ShouldBe(2);
        for (var port = 1; port <= 5; port++) _bucket.Replied(Of("127.0.0.1", 1000 + port), 0).ShouldBe(BucketOutcome.Added);
    }

    [Fact]
    public void Id_belongs_to_its_first_address_until_that_is_bad_and_an_address_to_its_last_id()
    {
        var node = Insecure();
        _bucket.Replied(node, 0);
        var thief = node with { Address = At("9.9.9.9") };
        _bucket.Replied(thief, 0).ShouldBe(BucketOutcome.Refused);
        _bucket.Failed(node);
        _bucket.Failed(node);
        _bucket.Replied(thief, 0).ShouldBe(BucketOutcome.Added);
        _bucket.Count.ShouldBe(1);
        var renamed = thief with { Id = NodeId.Create(_random) };
        _bucket.Replied(renamed, 0).ShouldBe(BucketOutcome.Added);
        _bucket.Snapshot().Nodes.ShouldBe([renamed]);
    }

    [Fact]
    public void Nodes_of_another_family_or_range_are_refused()
    {
        _bucket.Replied(new NodeContact(NodeId.Create(_random), At("2a00::1")), 0).ShouldBe(BucketOutcome.Refused);
        var lower = new KBucket(NodeIdPrefix.All.Half(upper: false), AddressFamily.InterNetwork, RoutingSettings.Default, 0);
        lower.Replied(new NodeContact(NodeIdPrefix.All.Half(upper: true).Draw(_random), At("8.8.8.8")), 0).ShouldBe(BucketOutcome.Refused);
    }

    [Fact]
    public void Refresh_is_due_once_a_period_without_change()
    {
        _bucket.TakeRefresh((15 * Minute) - 1).ShouldBeFalse();
        _bucket.TakeRefresh(15 * Minute).ShouldBeTrue();
        _bucket.TakeRefresh(15 * Minute).ShouldBeFalse();
        _bucket.Replied(Insecure(), 20 * Minute);
        _bucket.TakeRefresh(30 * Minute).ShouldBeFalse();
        _bucket.TakeRefresh(35 * Minute).ShouldBeTrue();
    }

    [Fact]
    public void Invariants_hold_after_any_history() =>
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var settings = new RoutingSettings { BucketSize = random.Next(1, 10), MaxSpares = random.Next(0, 5), MaxPerNetwork = random.Next(1, 4), PreferSecureIds = random.Next(2) == 0 };
            List<KBucket> buckets = [new(NodeIdPrefix.All, AddressFamily.InterNetwork, settings, 0)];
            List<NodeContact> known = [];
            for (var (step, now) = (0, 0L); step < 300; step++)
            {
                now += random.Next((int)Minute * 2 % int.MaxValue);
                var contact = known.Count > 0 && random.Next(3) > 0 ? known[random.Next(known.Count)] : new NodeContact(NodeId.Create(random), new UdpAddress([8, 8, (byte)random.Next(6), (byte)random.Next(4)], random.Next(2, 5)));
                if (random.Next(10) == 0) contact = contact with { Id = NodeId.Create(random) };
                known.Add(contact);
                var bucket = buckets.Single(bucket => bucket.Range.Contains(contact.Id));
                var (version, before) = (bucket.Version, bucket.Snapshot().Nodes);
                switch (random.Next(5))
                {
                    case 0 or 1: bucket.Replied(contact, now); break;
                    case 2: bucket.Failed(contact); break;
                    case 3: bucket.Queried(contact, now); break;
                    default: bucket.TryTakePing(now, out _); break;
                }

                if (bucket.Version == version) bucket.Snapshot().Nodes.SequenceEqual(before).ShouldBeTrue("what changed has a new version");
                Check(bucket, settings);
                if (step % 120 != 119) continue;
                var total = bucket.Count + bucket.SpareCount;
                var (lower, upper) = bucket.Split();
                buckets.Remove(bucket);
                buckets.AddRange([lower, upper]);
                (lower.Count + lower.SpareCount + upper.Count + upper.SpareCount).ShouldBe(total);
                Check(lower, settings);
                Check(upper, settings);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(51, 53));

    private static void Check(KBucket bucket, RoutingSettings settings)
    {
        var all = bucket.All.ToList();
        bucket.Count.ShouldBeLessThanOrEqualTo(settings.BucketSize);
        bucket.SpareCount.ShouldBeLessThanOrEqualTo(settings.MaxSpares);
        if (bucket.SpareCount > 0) bucket.Count.ShouldBe(settings.BucketSize);
        all.TrueForAll(node => bucket.Range.Contains(node.Id)).ShouldBeTrue();
        all.DistinctBy(node => node.Id).Count().ShouldBe(all.Count);
        all.GroupBy(node => NetworkOf.Host(node.Address)).All(group => group.Count() <= settings.MaxPerHost).ShouldBeTrue();
        all.GroupBy(node => NetworkOf.Narrow(node.Address)).All(group => group.Count() <= settings.MaxPerNetwork).ShouldBeTrue();
        bucket.Snapshot().Nodes.Length.ShouldBeLessThanOrEqualTo(bucket.Count);
    }

    private List<NodeContact> Fill(int count)
    {
        List<NodeContact> nodes = [];
        for (var i = 0; i < count; i++)
        {
            nodes.Add(Insecure());
            _bucket.Replied(nodes[i], 0).ShouldBe(BucketOutcome.Added);
        }

        return nodes;
    }

    private NodeContact Insecure()
    {
        while (true)
        {
            var contact = new NodeContact(NodeId.Create(_random), Public(_random));
            if (!SecureNodeId.Matches(contact.Id, contact.Address)) return contact;
        }
    }

    private NodeContact Secure()
    {
        var address = Public(_random);
        return new NodeContact(SecureNodeId.Create(address, _random), address);
    }
}
