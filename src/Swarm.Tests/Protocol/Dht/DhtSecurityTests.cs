using System.Net;
using Swarm.Protocol.Dht.Security;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Dht;

public sealed class DhtSecurityTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void Secure_ids_equal_the_vectors()
    {
        foreach (var vector in Vectors.Load("bep42_node_id.json").GetProperty("generate").EnumerateArray())
        {
            var address = At(vector.Text("ip")!);
            SecureNodeId.Matches(new NodeId(vector.Hex("example_node_id_hex")), address).ShouldBeTrue(vector.Text("ip"));
            var other = vector.Hex("example_node_id_hex");
            other[2] ^= 0x08;
            SecureNodeId.Matches(new NodeId(other), address).ShouldBeFalse("bit 21");
            other[2] ^= 0x0c;
            SecureNodeId.Matches(new NodeId(other), address).ShouldBeTrue("bit 22 is free");
        }

        foreach (var vector in Vectors.Load("bep42_node_id.json").GetProperty("verify").EnumerateArray())
        {
            SecureNodeId.Matches(new NodeId(vector.Hex("node_id_hex")), At(vector.Text("ip")!)).ShouldBe(vector.GetProperty("accept").GetBoolean(), vector.Text("why"));
        }
    }

    [Fact]
    public void Secure_id_that_was_made_matches_its_address_and_no_other()
    {
        var random = new Random(1);
        var strangers = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var (one, other) = (Public(random), Public(random));
            var id = SecureNodeId.Create(one, random);
            SecureNodeId.Matches(id, one).ShouldBeTrue();
            if (SecureNodeId.Matches(id, other)) strangers++;
        }

        strangers.ShouldBeLessThan(3);
        SecureNodeId.Matches(NodeId.Create(random), At("192.168.1.1")).ShouldBeTrue("local addresses are exempt");
    }

    [Theory]
    [InlineData("8.8.8.8", 6881, "9.9.9.9", AddressVerdict.Usable)]
    [InlineData("8.8.8.8", 0, "9.9.9.9", AddressVerdict.Port)]
    [InlineData("8.8.8.8", 1, "9.9.9.9", AddressVerdict.Port)]
    [InlineData("8.8.8.8", 2, "9.9.9.9", AddressVerdict.Usable)]
    [InlineData("0.1.2.3", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("224.0.0.1", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("240.0.0.1", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("255.255.255.255", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("192.0.2.1", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("198.19.0.1", 6881, "9.9.9.9", AddressVerdict.NoHost)]
    [InlineData("127.0.0.1", 6881, "9.9.9.9", AddressVerdict.Local)]
    [InlineData("127.0.0.1", 6881, "127.0.0.1", AddressVerdict.Usable)]
    [InlineData("10.255.255.255", 6881, "9.9.9.9", AddressVerdict.Local)]
    [InlineData("11.0.0.0", 6881, "9.9.9.9", AddressVerdict.Usable)]
    [InlineData("172.31.255.255", 6881, "9.9.9.9", AddressVerdict.Local)]
    [InlineData("172.32.0.0", 6881, "9.9.9.9", AddressVerdict.Usable)]
    [InlineData("192.168.1.1", 6881, "10.0.0.1", AddressVerdict.Usable)]
    [InlineData("169.254.1.1", 6881, "9.9.9.9", AddressVerdict.Local)]
    [InlineData("100.64.0.1", 6881, "9.9.9.9", AddressVerdict.Local)]
    [InlineData("2a00::1", 6881, "9.9.9.9", AddressVerdict.OtherFamily)]
    [InlineData("5.5.5.5", 6881, "9.9.9.9", AddressVerdict.Own)]
    [InlineData("5.5.5.5", 6882, "9.9.9.9", AddressVerdict.Usable)]
    public void Addresses_are_judged_by_what_they_are_and_who_tells(string address, int port, string toldBy, AddressVerdict expected)
    {
        var filter = new AddressFilter(DhtSecuritySettings.Default, System.Net.Sockets.AddressFamily.InterNetwork);
        filter.AddOwn(At("5.5.5.5"));
        filter.Judge(At(address, port), At(toldBy)).ShouldBe(expected);
        filter.Accepts(At(address, port), At(toldBy)).ShouldBe(expected == AddressVerdict.Usable);
        filter.Refused.ShouldBe(expected == AddressVerdict.Usable ? 0 : 1);
    }

    [Theory]
    [InlineData("2a00::1", AddressVerdict.Usable)]
    [InlineData("::1", AddressVerdict.Local)]
    [InlineData("fe80::1", AddressVerdict.Local)]
    [InlineData("fd00::1", AddressVerdict.Local)]
    [InlineData("ff02::1", AddressVerdict.NoHost)]
    [InlineData("::", AddressVerdict.NoHost)]
    [InlineData("2001:db8::1", AddressVerdict.NoHost)]
    [InlineData("8.8.8.8", AddressVerdict.OtherFamily)]
    public void Addresses_of_ipv6_are_judged_alike(string address, AddressVerdict expected)
    {
        var filter = new AddressFilter(DhtSecuritySettings.Default, System.Net.Sockets.AddressFamily.InterNetworkV6);
        filter.Judge(At(address), At("2a00::2")).ShouldBe(expected);
    }

    [Fact]
    public void Local_addresses_can_be_refused_altogether()
    {
        var filter = new AddressFilter(new DhtSecuritySettings { AcceptLocal = false }, System.Net.Sockets.AddressFamily.InterNetwork);
        filter.Judge(At("127.0.0.1"), At("127.0.0.1")).ShouldBe(AddressVerdict.Local);
    }

    [Fact]
    public void Own_addresses_are_bounded()
    {
        var filter = new AddressFilter(DhtSecuritySettings.Default, System.Net.Sockets.AddressFamily.InterNetwork);
        for (var port = 1000; port <= 1000 + AddressFilter.MaxOwn; port++) filter.AddOwn(At("5.5.5.5", port));
        filter.Judge(At("5.5.5.5", 1000), At("9.9.9.9")).ShouldBe(AddressVerdict.Usable);
        filter.Judge(At("5.5.5.5", 1001), At("9.9.9.9")).ShouldBe(AddressVerdict.Own);
    }

    [Fact]
    public void Token_is_valid_for_its_host_and_target_in_its_period_and_the_next()
    {
        var tokens = new TokenIssuer(new byte[TokenIssuer.SecretSize], DhtSecuritySettings.Default);
        var (target, other) = (NodeId.Create(new Random(1)), NodeId.Create(new Random(2)));
        var token = new byte[TokenIssuer.TokenSize];
        foreach (var start in (long[])[0, -1000 * Second, 299 * Second])
        {
            tokens.Issue(At("8.8.8.8", 1), target, start, token);
            tokens.IsValid(token, At("8.8.8.8", 2), target, start).ShouldBeTrue("the port may change");
            tokens.IsValid(token, At("8.8.8.9", 1), target, start).ShouldBeFalse();
            tokens.IsValid(token, At("8.8.8.8", 1), other, start).ShouldBeFalse();
            tokens.IsValid(token, At("8.8.8.8", 1), target, start + (300 * Second)).ShouldBeTrue();
            tokens.IsValid(token, At("8.8.8.8", 1), target, start + (600 * Second)).ShouldBeFalse();
            tokens.IsValid(token.AsSpan(0, 7), At("8.8.8.8", 1), target, start).ShouldBeFalse();
        }

        tokens.Refused.ShouldBe(12);
        var another = new TokenIssuer([.. Enumerable.Repeat((byte)1, TokenIssuer.SecretSize)], DhtSecuritySettings.Default);
        another.IsValid(token, At("8.8.8.8", 1), target, 299 * Second).ShouldBeFalse();
    }

    [Fact]
    public void Query_limits_hold_for_host_network_and_all()
    {
        var settings = new DhtSecuritySettings { QueriesPerHost = 2, QueriesPerNetwork = 5, QueriesInAll = 8, QueryBurstSeconds = 1 };
        var limiter = new QueryLimiter(settings, new Random(1));
        int Admitted(string address, int queries, long now) => Enumerable.Range(0, queries).Count(port => limiter.Admit(At(address, 1000 + port), now));
        Admitted("8.8.8.1", 3, 0).ShouldBe(2);
        Admitted("8.8.8.2", 3, 0).ShouldBe(2);
        Admitted("8.8.8.3", 3, 0).ShouldBe(1);
        Admitted("8.8.9.1", 3, 0).ShouldBe(2);
        Admitted("8.8.10.1", 3, 0).ShouldBe(1);
        (limiter.RefusedHosts, limiter.RefusedNetworks, limiter.RefusedInAll).ShouldBe((5, 1, 1));
        Admitted("8.8.8.1", 1, Second / 2).ShouldBe(1, "after half a second one more");
        Admitted("8.8.8.1", 1, Second / 2).ShouldBe(0);
    }

    [Fact]
    public void Query_limit_of_a_long_time_is_the_rate()
    {
        var limiter = new QueryLimiter(DhtSecuritySettings.Default with { QueriesPerHost = 10, QueryBurstSeconds = 1 }, new Random(1));
        var admitted = 0;
        for (var i = 0; i < 10_000; i++) admitted += limiter.Admit(At("8.8.8.8"), i * Second / 100) ? 1 : 0;
        admitted.ShouldBeInRange(1_000, 1_010);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(250)]
    public void A_flood_from_one_network_leaves_everybody_else_what_they_ask(int hosts)
    {
        const int Others = 500;
        var limiter = new QueryLimiter(DhtSecuritySettings.Default, new Random(1));
        var flooded = 0;
        var refused = 0;
        for (var tick = 0; tick < 1_000; tick++)
        {
            // 100,000 a second of the flood, and half of what the limit allows of each of the others: 12,500.
            var now = tick * Second / 100;
            for (var i = 0; i < 1_000; i++) flooded += limiter.Admit(At($"9.9.9.{i % hosts}", 1000 + i), now) ? 1 : 0;
            for (var i = tick % 4; i < Others; i += 4) refused += limiter.Admit(At($"{20 + (i / 250)}.7.{i % 250}.1"), now) ? 0 : 1;
        }

        refused.ShouldBe(0);
        var rate = hosts == 1 ? DhtSecuritySettings.Default.QueriesPerHost : DhtSecuritySettings.Default.QueriesPerNetwork;
        flooded.ShouldBeInRange(rate * 10, rate * (10 + DhtSecuritySettings.Default.QueryBurstSeconds));
        limiter.RefusedInAll.ShouldBe(0);
    }

    [Fact]
    public void A_flood_from_forged_addresses_is_held_to_the_limit_for_all()
    {
        var limiter = new QueryLimiter(DhtSecuritySettings.Default, new Random(1));
        var random = new Random(2);
        var admitted = 0;
        for (var tick = 0; tick < 1_000; tick++)
        {
            for (var i = 0; i < 2_000; i++) admitted += limiter.Admit(Public(random), tick * Second / 100) ? 1 : 0;
        }

        var rate = DhtSecuritySettings.Default.QueriesInAll;
        admitted.ShouldBeInRange(rate * 10, rate * (10 + DhtSecuritySettings.Default.QueryBurstSeconds));
    }

    [Fact]
    public void Forgotten_sources_keep_memory_fixed_and_the_limit_for_all()
    {
        var limiter = new QueryLimiter(new DhtSecuritySettings { RememberedSources = 64, QueriesInAll = 100, QueryBurstSeconds = 1 }, new Random(1));
        var random = new Random(2);
        var admitted = 0;
        Allocations.Of(10_000, () => admitted += limiter.Admit(Public(random), 0) ? 1 : 0).ShouldBe(0);
        admitted.ShouldBe(100);
    }

    [Fact]
    public void Pacer_lets_few_queries_to_one_host_pass()
    {
        var pacer = new QueryPacer(DhtSecuritySettings.Default, new Random(1));
        var passed = 0;
        for (var tick = 0; tick < 1_000; tick++) passed += pacer.TryPass(At("8.8.8.8", 1000 + tick), tick * Second / 100) ? 1 : 0;
        passed.ShouldBeInRange(30, 33);
        pacer.Delayed.ShouldBe(1_000 - passed);
    }

    [Fact]
    public void Unproven_addresses_get_a_multiple_of_their_question_and_then_the_allowance()
    {
        var guard = new AmplificationGuard(new DhtSecuritySettings { AnswerRatio = 5, UnprovenBytesPerSecond = 1_000 }, new Random(1), nowTicks: 0);
        guard.LimitFor(At("8.8.8.8"), 100, 1_200, 0).ShouldBe(1_200);
        guard.Sent(At("8.8.8.8"), 100, 1_200, 0);
        guard.LimitFor(At("8.8.8.9"), 100, 1_200, 0).ShouldBe(800, "700 of the allowance are spent");
        guard.Sent(At("8.8.8.9"), 100, 800, 0);
        guard.LimitFor(At("8.8.8.7"), 100, 1_200, 0).ShouldBe(500);
        guard.Sent(At("8.8.8.7"), 100, 500, 0);
        guard.LimitFor(At("8.8.8.7"), 100, 1_200, Second / 10).ShouldBe(600);
        guard.Limited.ShouldBe(3);
        guard.Prove(At("8.8.8.7", 5), Second);
        guard.LimitFor(At("8.8.8.7"), 100, 1_200, Second).ShouldBe(1_200);
        guard.IsProven(At("8.8.8.7"), Second + TimeSpan.FromMinutes(10).Ticks - 1).ShouldBeTrue();
        guard.IsProven(At("8.8.8.7"), Second + TimeSpan.FromMinutes(10).Ticks).ShouldBeFalse();
    }

    [Fact]
    public void A_flood_of_forged_questions_gains_the_ratio_and_the_allowance_and_no_more()
    {
        var settings = DhtSecuritySettings.Default;
        var guard = new AmplificationGuard(settings, new Random(1), nowTicks: 0);
        var random = new Random(3);
        long asked = 0, answered = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var (source, now) = (Public(random), i * 10 * Second / 20_000);
            var answer = guard.LimitFor(source, 95, 1_400, now);
            guard.Sent(source, 95, answer, now);
            asked += 95;
            answered += answer;
        }

        answered.ShouldBeLessThanOrEqualTo((asked * settings.AnswerRatio) + (11L * settings.UnprovenBytesPerSecond));
    }

    [Fact]
    public void Own_address_needs_votes_of_several_networks_and_a_majority()
    {
        var voter = new ExternalAddressVoter(new DhtSecuritySettings { LeastVotes = 3 });
        voter.Add(At("1.1.1.1"), At("7.7.7.7"), 0).ShouldBeFalse();
        voter.Add(At("1.1.1.2"), At("7.7.7.7"), 0).ShouldBeFalse("the same network again");
        voter.Add(At("1.1.2.1"), At("7.7.7.7"), 0).ShouldBeFalse();
        voter.Current.ShouldBeNull();
        voter.Add(At("1.1.3.1"), At("7.7.7.7", 99), 0).ShouldBeTrue();
        voter.Current.ShouldBe(At("7.7.7.7", 0));
        for (var i = 0; i < 3; i++) voter.Add(At($"2.1.{i}.1"), At("6.6.6.6"), 0).ShouldBeFalse("a half is no majority");
        voter.Add(At("2.1.9.1"), At("6.6.6.6"), 0).ShouldBeTrue();
        voter.Current.ShouldBe(At("6.6.6.6", 0));
        voter.Add(At("2.2.9.1"), At("127.0.0.1"), 0).ShouldBeFalse();
        voter.Add(At("2.2.9.1"), At("2a00::1"), 0).ShouldBeFalse();
        voter.Refused.ShouldBe(2);
    }

    [Fact]
    public void Votes_are_bounded_and_grow_old()
    {
        var voter = new ExternalAddressVoter(new DhtSecuritySettings { RememberedVotes = 8, LeastVotes = 4 });
        for (var i = 0; i < 20; i++) voter.Add(At($"1.1.{i}.1"), At("7.7.7.7"), 0);
        voter.Count.ShouldBe(8);
        voter.Add(At("2.2.2.2"), At("6.6.6.6"), TimeSpan.FromHours(1).Ticks);
        voter.Count.ShouldBe(1);
    }

    internal static UdpAddress At(string address, int port = 6881) => new(new IPEndPoint(IPAddress.Parse(address), port));

    internal static UdpAddress Public(Random random)
    {
        while (true)
        {
            var address = new UdpAddress([(byte)random.Next(1, 224), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)], random.Next(1024, 65_536));
            if (AddressFilter.IsPublic(address)) return address;
        }
    }
}
