using System.Net;
using System.Net.Sockets;
using Swarm.Protocol.Dht.Storage;
using Swarm.Tests.Protocol.Bencoding;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class PeerStoreTests
{
    private static readonly long Minute = TimeSpan.FromMinutes(1).Ticks;
    private static readonly NodeId Own = NodeId.Create(new Random(9));
    private static readonly InfoHash Hash = new(new byte[20]);
    private readonly Random _random = new(1);

    [Fact]
    public void Peer_is_one_a_host_and_its_last_announce_counts()
    {
        var store = Store(DhtStorageSettings.Default);
        store.Announce(Hash, At("8.8.8.8", 1000), isSeed: false, Own, 0);
        store.Announce(Hash, At("8.8.8.8", 2000), isSeed: true, Own, 0);
        store.Announce(Hash, At("8.8.8.9", 3000), isSeed: false, Own, 0);
        store.Count(Hash, 0).ShouldBe((1, 1));
        Peers(store, noSeeds: false).ShouldBe(["8.8.8.8:2000", "8.8.8.9:3000"], ignoreOrder: true);
    }

    [Fact]
    public void Seeds_are_left_out_when_others_are_enough()
    {
        var store = Store(DhtStorageSettings.Default);
        for (var i = 0; i < 10; i++) store.Announce(Hash, At($"8.8.8.{i}"), isSeed: i % 2 == 0, Own, 0);
        Peers(store, noSeeds: true, room: 5).ShouldAllBe(peer => (peer[6] - '0') % 2 == 1);
        Peers(store, noSeeds: true, room: 7).Distinct().Count().ShouldBe(7, "best effort: seeds fill what is left");
    }

    [Fact]
    public void Families_are_told_apart()
    {
        var store = Store(DhtStorageSettings.Default);
        store.Announce(Hash, At("8.8.8.8"), isSeed: false, Own, 0);
        store.Announce(Hash, At("2a00::1"), isSeed: false, Own, 0);
        Peers(store, noSeeds: false).ShouldBe(["8.8.8.8:6881"]);
        var buffer = new byte[100];
        store.CopyPeers(Hash, AddressFamily.InterNetworkV6, noSeeds: false, 0, buffer).ShouldBe(18);
    }

    [Fact]
    public void Every_peer_is_as_likely_as_any_other()
    {
        var store = Store(DhtStorageSettings.Default);
        for (var i = 0; i < 50; i++) store.Announce(Hash, At($"8.8.8.{i}"), isSeed: false, Own, 0);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 5_000; i++)
        {
            foreach (var peer in Peers(store, noSeeds: false, room: 5)) counts[peer] = counts.GetValueOrDefault(peer) + 1;
        }

        counts.Count.ShouldBe(50);
        counts.Values.ShouldAllBe(count => count > 400 && count < 600);
    }

    [Fact]
    public void Peers_expire_and_an_empty_swarm_is_gone()
    {
        var store = Store(DhtStorageSettings.Default);
        store.Announce(Hash, At("8.8.8.8"), isSeed: true, Own, 0);
        store.Announce(Hash, At("8.8.8.9"), isSeed: false, Own, 10 * Minute);
        store.Count(Hash, (45 * Minute) - 1).ShouldBe((1, 1));
        store.Count(Hash, 45 * Minute).ShouldBe((0, 1));
        store.Sweep(55 * Minute, maxSwarms: 100);
        (store.SwarmCount, store.PeerCount, store.ExpiredPeers).ShouldBe((0, 0, 2));
    }

    [Fact]
    public void Sweep_goes_round()
    {
        var store = Store(DhtStorageSettings.Default);
        for (var i = 0; i < 100; i++) store.Announce(RandomHash(), At("8.8.8.8"), isSeed: false, Own, i % 2 == 0 ? 0 : 60 * Minute);
        for (var i = 0; i < 12; i++) store.Sweep(60 * Minute, maxSwarms: 10);
        store.SwarmCount.ShouldBe(50);
    }

    [Fact]
    public void Full_swarm_replaces_who_announced_longest_ago()
    {
        var store = Store(new DhtStorageSettings { MaxPeersPerSwarm = 3 });
        for (var i = 0; i < 3; i++) store.Announce(Hash, At($"8.8.8.{i}"), isSeed: false, Own, i * Minute);
        (store.PeerCount, store.ReplacedPeers).ShouldBe((3, 0));
        store.Announce(Hash, At("8.8.8.0"), isSeed: false, Own, 3 * Minute);
        store.Announce(Hash, At("8.8.8.7"), isSeed: false, Own, 3 * Minute);
        (store.PeerCount, store.ReplacedPeers).ShouldBe((3, 1));
        Peers(store, noSeeds: false).ShouldBe(["8.8.8.0:6881", "8.8.8.2:6881", "8.8.8.7:6881"], ignoreOrder: true);
    }

    [Fact]
    public void Limits_of_swarms_and_peers_hold_and_large_swarms_stay()
    {
        var store = Store(new DhtStorageSettings { MaxSwarms = 20, MaxPeers = 60 });
        for (var i = 0; i < 30; i++) store.Announce(Hash, At($"8.8.8.{i}"), isSeed: false, Own, 0);
        for (var i = 0; i < 1_000; i++)
        {
            store.Announce(RandomHash(), Public(_random), isSeed: false, Own, 0);
            store.SwarmCount.ShouldBeLessThanOrEqualTo(20);
            store.PeerCount.ShouldBeLessThanOrEqualTo(60);
        }

        store.SwarmCount.ShouldBe(20);
        store.EvictedSwarms.ShouldBe(981);
        store.Count(Hash, 0).ShouldBe((0, 30));
        var lone = Store(new DhtStorageSettings { MaxSwarms = 1, MaxPeers = 1 });
        for (var i = 0; i < 5; i++) lone.Announce(RandomHash(), At($"8.8.8.{i}"), isSeed: false, Own, 0);
        (lone.SwarmCount, lone.PeerCount).ShouldBe((1, 1));
    }

    [Fact]
    public void Filters_equal_the_vectors()
    {
        var vectors = Vectors.Load("bep33_bloom.json");
        var filter = new ScrapeFilter();
        filter.Estimate.ShouldBe(0.5, 0.01);
        for (var i = 0; i < 256; i++) filter.Add(At($"192.0.2.{i}"));
        for (var i = 0; i < 1000; i++) filter.Add(At($"2001:db8::{i:x}"));
        var vector = vectors.GetProperty("vectors")[0];
        Convert.ToHexStringLower(filter.Bits).ShouldBe(vector.Text("bloom_hex"));
        filter.Estimate.ShouldBe(vector.GetProperty("estimate").GetDouble(), 0.001);
        foreach (var single in vectors.GetProperty("single_ip_bit_indexes").EnumerateArray())
        {
            var one = new ScrapeFilter();
            one.MayContain(At(single.Text("ip")!)).ShouldBeFalse();
            one.Add(At(single.Text("ip")!));
            one.MayContain(At(single.Text("ip")!)).ShouldBeTrue();
            var bits = Enumerable.Range(0, 2048).Where(bit => (one.Bits[bit / 8] & (1 << (bit % 8))) != 0);
            bits.ShouldBe(single.GetProperty("bits").EnumerateArray().Select(bit => bit.GetInt32()));
        }
    }

    [Fact]
    public void Filters_of_a_swarm_show_seeds_and_peers_and_are_made_anew()
    {
        var store = Store(DhtStorageSettings.Default);
        store.TryGetFilters(Hash, 0, out _, out _).ShouldBeFalse();
        for (var i = 0; i < 100; i++) store.Announce(Hash, At($"8.8.{i % 2}.{i}"), isSeed: i % 2 == 0, Own, 0);
        var (seeds, peers) = Estimates(store, 0);
        seeds.ShouldBe(50, 2);
        peers.ShouldBe(50, 2);
        store.Announce(Hash, At("9.9.9.9"), isSeed: true, Own, 0);
        Estimates(store, 0).Seeds.ShouldBeGreaterThan(seeds, "a newcomer is seen at once");
        Estimates(store, 0).Peers.ShouldBe(peers);
        store.Announce(Hash, At("9.9.9.9"), isSeed: false, Own, 0);
        Estimates(store, 0).Peers.ShouldBeGreaterThan(peers);
        Estimates(store, 0).Seeds.ShouldBeGreaterThan(seeds, "bits cannot be taken out");
        Estimates(store, 2 * Minute).Seeds.ShouldBe(seeds);
    }

    [Fact]
    public void Samples_are_all_as_long_as_they_fit_and_then_the_same_for_an_interval()
    {
        var settings = new DhtStorageSettings { MaxSamples = 5, SampleInterval = TimeSpan.FromMinutes(10) };
        var store = Store(settings);
        var sampler = new InfohashSampler(settings, store);
        sampler.Sample(0, out var seconds).Length.ShouldBe(0);
        for (var i = 0; i < 5; i++) store.Announce(RandomHash(), At("8.8.8.8"), isSeed: false, Own, 0);
        sampler.Sample(0, out seconds).Length.ShouldBe(100);
        seconds.ShouldBe(0);
        for (var i = 0; i < 50; i++) store.Announce(RandomHash(), At("8.8.8.8"), isSeed: false, Own, 0);
        var first = sampler.Sample(0, out seconds).ToArray();
        (first.Length, seconds).ShouldBe((100, 600));
        sampler.Sample((5 * Minute) + 1, out seconds).SequenceEqual(first).ShouldBeTrue();
        seconds.ShouldBe(300);
        sampler.Sample(10 * Minute, out seconds).SequenceEqual(first).ShouldBeFalse();
        seconds.ShouldBe(600);
    }

    private static (double Seeds, double Peers) Estimates(PeerStore store, long now)
    {
        store.TryGetFilters(Hash, now, out var seeds, out var peers).ShouldBeTrue();
        var (one, other) = (new ScrapeFilter(), new ScrapeFilter());
        one.Add(seeds);
        other.Add(peers);
        return (one.Estimate, other.Estimate);
    }

    private static List<string> Peers(PeerStore store, bool noSeeds, int room = 100)
    {
        var buffer = new byte[room * 6];
        var size = store.CopyPeers(Hash, AddressFamily.InterNetwork, noSeeds, 0, buffer);
        return [.. Enumerable.Range(0, size / 6).Select(i => new UdpAddress(buffer.AsSpan(i * 6, 4), IPAddress.NetworkToHostOrder(BitConverter.ToInt16(buffer, (i * 6) + 4)) & 0xffff).ToString())];
    }

    private static PeerStore Store(DhtStorageSettings settings) => new(settings, new Random(2));

    private InfoHash RandomHash() => new(NodeId.Create(_random).Value);
}
