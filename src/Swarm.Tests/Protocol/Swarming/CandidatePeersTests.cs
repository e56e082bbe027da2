using System.Net;
using Swarm.Protocol.Swarming;

namespace Swarm.Tests.Protocol.Swarming;

/// <summary>Addresses are 10.0.0.n:6881, written as n.</summary>
public sealed class CandidatePeersTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly CandidateSettings Settings = CandidateSettings.Default with { BackOffJitter = 0 };
    private readonly CandidatePeers _peers = new(Settings, new Random(1));

    [Theory]
    [InlineData("10.0.0.1:6881", CandidateOutcome.Added)]
    [InlineData("10.0.0.1:0", CandidateOutcome.Refused)]
    [InlineData("0.0.0.0:6881", CandidateOutcome.Refused)]
    [InlineData("0.1.2.3:6881", CandidateOutcome.Refused)]
    [InlineData("224.0.0.1:6881", CandidateOutcome.Refused)]
    [InlineData("223.255.255.255:6881", CandidateOutcome.Added)]
    [InlineData("255.255.255.255:6881", CandidateOutcome.Refused)]
    [InlineData("[::]:6881", CandidateOutcome.Refused)]
    [InlineData("[ff02::1]:6881", CandidateOutcome.Refused)]
    [InlineData("[2001:db8::1]:6881", CandidateOutcome.Added)]
    [InlineData("[::ffff:10.9.9.9]:6881", CandidateOutcome.Refused)]
    [InlineData("10.8.8.8:6881", CandidateOutcome.Refused)]
    [InlineData("10.8.8.8:6882", CandidateOutcome.Added)]
    [InlineData("127.0.0.1:6881", CandidateOutcome.Added)]
    public void Addresses_that_cannot_be_peers_are_refused(string address, CandidateOutcome expected)
    {
        _peers.Ban(IPAddress.Parse("10.9.9.9"));
        _peers.SetOwn(IPEndPoint.Parse("10.8.8.8:6881"));
        _peers.Add(IPEndPoint.Parse(address), PeerSource.Tracker).ShouldBe(expected);
        _peers.Refused.ShouldBe(expected == CandidateOutcome.Refused ? 1 : 0);
        _peers.Count.ShouldBe(expected == CandidateOutcome.Added ? 1 : 0);
    }

    [Fact]
    public void Address_is_kept_once_also_when_it_is_mapped_into_IPv6()
    {
        _peers.Add(At(1), PeerSource.Pex).ShouldBe(CandidateOutcome.Added);
        _peers.Add(At(1), PeerSource.Tracker).ShouldBe(CandidateOutcome.Known);
        _peers.Add(new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.1"), 6881), PeerSource.Tracker).ShouldBe(CandidateOutcome.Known);
        _peers.Count.ShouldBe(1);
    }

    [Fact]
    public void Better_sources_and_higher_priorities_are_dialled_first()
    {
        _peers.Add(At(1), PeerSource.Pex, priority: 900);
        _peers.Add(At(2), PeerSource.Tracker, priority: 1);
        _peers.Add(At(3), PeerSource.Tracker, priority: 5);
        _peers.Add(At(4), PeerSource.User);
        _peers.Add(At(5), PeerSource.Resume);
        Dial(0).ShouldBe("4 3 2 1 5");
    }

    [Fact]
    public void Known_address_keeps_the_better_source()
    {
        _peers.Add(At(1), PeerSource.Pex);
        _peers.Add(At(2), PeerSource.Tracker);
        _peers.Add(At(1), PeerSource.User);
        _peers.Add(At(2), PeerSource.Pex);
        _peers.Add(At(3), PeerSource.Dht);
        Dial(0).ShouldBe("1 2 3");
    }

    [Fact]
    public void Never_tried_and_less_failed_come_first()
    {
        for (var i = 1; i <= 2; i++) _peers.Add(At(i), PeerSource.Tracker);
        Dial(0).ShouldBe("1 2");
        _peers.Failed(At(1), 0);
        _peers.Connected(At(2));
        _peers.Disconnected(At(2), 0);
        _peers.Add(At(3), PeerSource.Pex);
        Dial(3_600).ShouldBe("3 2 1");
    }

    [Fact]
    public void Failed_address_rests_twice_as_long_each_time_and_is_then_forgotten()
    {
        _peers.Add(At(1), PeerSource.Tracker);
        long now = 0;
        foreach (var rest in new[] { 15, 30, 60, 120, 240 })
        {
            Dial(now).ShouldBe("1");
            _peers.Failed(At(1), now * Second);
            _peers.NextAt(weAreSeed: false).ShouldBe((now + rest) * Second);
            Dial(now + rest - 1).ShouldBe("");
            now += rest;
        }

        Dial(now).ShouldBe("1");
        _peers.Failed(At(1), now * Second);
        _peers.Count.ShouldBe(0);
        _peers.NextAt(weAreSeed: false).ShouldBeNull();
    }

    [Fact]
    public void Address_from_the_user_is_tried_for_ever_with_a_bounded_rest()
    {
        _peers.Add(At(1), PeerSource.User);
        long now = 0;
        for (var i = 0; i < 100; i++)
        {
            Dial(now).ShouldBe("1");
            _peers.Failed(At(1), now * Second);
            now += 1_800;
        }

        _peers.Count.ShouldBe(1);
    }

    [Fact]
    public void Address_that_its_user_names_again_is_dialled_again_soon_and_not_at_once()
    {
        _peers.Add(At(1), PeerSource.User);
        _peers.Add(At(2), PeerSource.Tracker);
        long now = 0;
        for (var i = 0; i < 5; i++)
        {
            Dial(now).ShouldBe("1 2");
            _peers.Failed(At(1), now * Second);
            _peers.Failed(At(2), now * Second);
            now += 15 << i;
        }

        // The last dial was at 225 s, and the rest would be until 465 s.
        now = 225;
        _peers.NextAt(weAreSeed: false).ShouldBe((now + 240) * Second);
        _peers.Add(At(2), PeerSource.Tracker);
        _peers.NextAt(weAreSeed: false).ShouldBe((now + 240) * Second, "a tracker names everybody again");
        _peers.Add(At(1), PeerSource.User);
        _peers.NextAt(weAreSeed: false).ShouldBe((now + 5) * Second);
        Dial(now + 4).ShouldBe("");
        Dial(now + 5).ShouldBe("1");
        _peers.Add(At(1), PeerSource.User).ShouldBe(CandidateOutcome.Known, "it is being dialled");
        Dial(now + 30).ShouldBe("");
    }

    [Fact]
    public void Rest_is_drawn_within_its_jitter()
    {
        var rests = new HashSet<long>();
        for (var seed = 0; seed < 50; seed++)
        {
            var peers = new CandidatePeers(Settings with { BackOffJitter = 0.5 }, new Random(seed));
            peers.Add(At(1), PeerSource.Tracker);
            peers.Next(0, weAreSeed: false);
            peers.Failed(At(1), 0);
            var rest = peers.NextAt(weAreSeed: false)!.Value;
            rest.ShouldBeInRange(15 * Second, (long)(22.5 * Second));
            rests.Add(rest);
        }

        rests.Count.ShouldBeGreaterThan(40);
    }

    [Fact]
    public void Connection_that_worked_clears_failures()
    {
        _peers.Add(At(1), PeerSource.Tracker);
        Dial(0);
        _peers.Failed(At(1), 0);
        Dial(15).ShouldBe("1");
        _peers.Connected(At(1));
        _peers.IsInUse(At(1)).ShouldBeTrue();
        _peers.Disconnected(At(1), 20 * Second);
        _peers.NextAt(weAreSeed: false).ShouldBe(25 * Second);
        Dial(25);
        _peers.Failed(At(1), 25 * Second);
        _peers.NextAt(weAreSeed: false).ShouldBe(40 * Second);
    }

    [Fact]
    public void Seed_does_not_dial_seeds()
    {
        _peers.Add(At(1), PeerSource.Tracker, isSeed: true);
        _peers.Add(At(2), PeerSource.Tracker);
        _peers.Next(0, weAreSeed: true).ShouldBe(At(2));
        _peers.Next(0, weAreSeed: true).ShouldBeNull();
        _peers.SetSeed(At(1), false);
        _peers.Next(0, weAreSeed: true).ShouldBe(At(1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Connections_are_limited_in_both_directions(int limit)
    {
        var peers = new CandidatePeers(Settings with { MaxConnections = limit }, new Random(1));
        for (var i = 1; i <= 3; i++) peers.Add(At(i), PeerSource.Tracker);
        for (var i = 1; i < limit; i++) peers.TryAcceptIncoming(IPAddress.Loopback).ShouldBeTrue();
        peers.Next(0, weAreSeed: false).ShouldBe(At(1));
        peers.Connections.ShouldBe(limit);
        peers.HasRoom.ShouldBeFalse();
        peers.Next(0, weAreSeed: false).ShouldBeNull();
        peers.NextAt(weAreSeed: false).ShouldBeNull();
        peers.TryAcceptIncoming(IPAddress.Loopback).ShouldBeFalse();
        peers.Failed(At(1), 0);
        peers.TryAcceptIncoming(IPAddress.Loopback).ShouldBeTrue();
        peers.IncomingEnded();
        peers.Next(0, weAreSeed: false).ShouldBe(At(2));
    }

    [Fact]
    public void Full_pool_lets_go_of_the_least_promising_for_a_better_one()
    {
        var peers = new CandidatePeers(Settings with { MaxCandidates = 3 }, new Random(1));
        peers.Add(At(1), PeerSource.Tracker);
        peers.Add(At(2), PeerSource.Pex);
        peers.Add(At(3), PeerSource.User).ShouldBe(CandidateOutcome.Added);
        peers.Add(At(4), PeerSource.Pex).ShouldBe(CandidateOutcome.Full);
        peers.Add(At(5), PeerSource.Tracker).ShouldBe(CandidateOutcome.Added);
        peers.Count.ShouldBe(3);
        peers.Dropped.ShouldBe(2);
        peers.Add(At(2), PeerSource.Pex).ShouldBe(CandidateOutcome.Full);
    }

    [Fact]
    public void Full_pool_keeps_what_is_connected_and_what_the_user_gave()
    {
        var peers = new CandidatePeers(Settings with { MaxCandidates = 2 }, new Random(1));
        peers.Add(At(1), PeerSource.Pex);
        peers.Next(0, weAreSeed: false);
        peers.Add(At(2), PeerSource.User);
        peers.Add(At(3), PeerSource.User).ShouldBe(CandidateOutcome.Full);
        peers.IsInUse(At(1)).ShouldBeTrue();
    }

    [Fact]
    public void Banned_address_is_forgotten_on_every_port()
    {
        _peers.Add(At(1), PeerSource.Tracker);
        _peers.Add(new IPEndPoint(At(1).Address, 7_000), PeerSource.Tracker);
        _peers.Add(At(2), PeerSource.Tracker);
        Dial(0).ShouldBe("1 1 2");
        _peers.Ban(IPAddress.Parse("::ffff:10.0.0.1"));
        _peers.Count.ShouldBe(1);
        _peers.Connections.ShouldBe(1);
        _peers.IsBanned(At(1).Address).ShouldBeTrue();
        _peers.TryAcceptIncoming(At(1).Address).ShouldBeFalse();
        _peers.Failed(At(1), 0);
        _peers.Connections.ShouldBe(1);
    }

    [Fact]
    public void Oldest_ban_ends_beyond_the_limit()
    {
        var peers = new CandidatePeers(Settings with { MaxBanned = 2 }, new Random(1));
        for (var i = 1; i <= 2; i++) peers.Ban(At(i).Address);
        peers.Ban(At(2).Address);
        peers.ForgottenBans.ShouldBe(0);
        peers.IsBanned(At(1).Address).ShouldBeTrue();
        peers.Ban(At(3).Address);
        peers.ForgottenBans.ShouldBe(1);
        peers.IsBanned(At(1).Address).ShouldBeFalse();
        peers.IsBanned(At(2).Address).ShouldBeTrue();
    }

    [Fact]
    public void Own_address_that_was_dialled_is_never_dialled_again()
    {
        _peers.Add(At(1), PeerSource.Tracker);
        Dial(0).ShouldBe("1");
        _peers.SetOwn(At(1));
        _peers.Connections.ShouldBe(0);
        _peers.Add(At(1), PeerSource.Tracker).ShouldBe(CandidateOutcome.Refused);
    }

    [Fact]
    public void What_is_worth_keeping_is_what_works_and_what_was_never_tried()
    {
        for (var i = 1; i <= 4; i++) _peers.Add(At(i), PeerSource.Tracker, priority: (uint)i);
        Dial(0, 2).ShouldBe("4 3");
        _peers.Failed(At(4), 0);
        _peers.Connected(At(3));
        var best = new List<IPEndPoint>();
        _peers.AddBestTo(best, 10);
        best.ShouldBe([At(3), At(2), At(1)]);
        best.Clear();
        _peers.AddBestTo(best, 2);
        best.ShouldBe([At(3), At(2)]);
    }

    [Fact]
    public void Who_has_called_us_is_not_dialled_until_the_call_has_ended()
    {
        _peers.Add(At(1), PeerSource.Incoming);
        _peers.CallBegan(At(1));
        _peers.CallBegan(At(1));
        _peers.Next(0, weAreSeed: false).ShouldBeNull();
        _peers.NextAt(weAreSeed: false).ShouldBeNull();
        _peers.CallEnded(At(1), 0);
        _peers.Next(100 * Second, weAreSeed: false).ShouldBeNull();
        _peers.CallEnded(At(1), 100 * Second);
        _peers.Next((100 * Second) + Settings.ReconnectDelay.Ticks - 1, weAreSeed: false).ShouldBeNull();
        _peers.Next((100 * Second) + Settings.ReconnectDelay.Ticks, weAreSeed: false).ShouldBe(At(1));
    }

    [Fact]
    public void Counts_and_limits_hold_after_any_history()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var settings = Settings with { MaxCandidates = random.Next(1, 12), MaxConnections = random.Next(1, 8), MaxFailures = random.Next(1, 4) };
            var peers = new CandidatePeers(settings, new Random(seed));
            var inUse = new HashSet<IPEndPoint>();
            var incoming = 0;
            for (var step = 0; step < 500; step++)
            {
                var now = step * 20 * Second;
                var address = At(random.Next(1, 30));
                switch (random.Next(8))
                {
                    case 0 or 1 or 2: peers.Add(address, (PeerSource)random.Next(7), (uint)random.Next(100), random.Next(4) == 0); break;
                    case 3: if (peers.Next(now, random.Next(2) == 0) is { } next) inUse.Add(next).ShouldBeTrue(); break;
                    case 4: peers.Failed(address, now); inUse.Remove(address); break;
                    case 5: if (inUse.Contains(address)) peers.Connected(address); break;
                    case 6: peers.Disconnected(address, now); inUse.Remove(address); break;
                    default:
                        if (incoming > 0 && random.Next(2) == 0) { peers.IncomingEnded(); incoming--; }
                        else if (peers.TryAcceptIncoming(address.Address)) incoming++;
                        break;
                }

                peers.Count.ShouldBeLessThanOrEqualTo(settings.MaxCandidates);
                peers.Connections.ShouldBe(inUse.Count + incoming);
                peers.Connections.ShouldBeLessThanOrEqualTo(settings.MaxConnections);
                inUse.All(peers.IsInUse).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Settings_refuse_what_is_out_of_range()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Settings with { MaxCandidates = 0 });
        Should.Throw<ArgumentOutOfRangeException>(() => Settings with { BackOffJitter = 1.1 });
        Should.Throw<ArgumentOutOfRangeException>(() => Settings with { FirstBackOff = TimeSpan.Zero });
    }

    private static IPEndPoint At(int number) => new(new IPAddress([10, 0, 0, (byte)number]), 6_881);

    private string Dial(long seconds, int count = 100)
    {
        var dialled = new List<string>();
        while (dialled.Count < count && _peers.Next(seconds * Second, weAreSeed: false) is { } next) dialled.Add(next.Address.GetAddressBytes()[3].ToString());
        return string.Join(' ', dialled);
    }
}
