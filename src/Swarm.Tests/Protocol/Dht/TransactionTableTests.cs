using Swarm.Protocol.Dht;
using static Swarm.Tests.Protocol.Dht.DhtSecurityTests;

namespace Swarm.Tests.Protocol.Dht;

public sealed class TransactionTableTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly byte[] _id = new byte[TransactionTable<string>.IdSize];

    [Fact]
    public void Answer_must_have_the_id_and_come_from_where_the_query_went()
    {
        var table = new TransactionTable<string>(TransactionSettings.Default, new Random(1));
        table.TryBegin(At("8.8.8.8", 5), "one", 0, _id).ShouldBeTrue();
        table.TryComplete(_id, At("8.8.8.8", 6), Second, out _, out _).ShouldBe(TransactionMatch.OtherAddress);
        table.TryComplete(_id.AsSpan(1), At("8.8.8.8", 5), Second, out _, out _).ShouldBe(TransactionMatch.Unknown);
        table.TryComplete([_id[0], _id[1], _id[2], (byte)(_id[3] ^ 1)], At("8.8.8.8", 5), Second, out _, out _).ShouldBe(TransactionMatch.Unknown);
        table.TryComplete(_id, At("8.8.8.8", 5), Second, out var owner, out var roundTrip).ShouldBe(TransactionMatch.Answered);
        (owner, roundTrip).ShouldBe(("one", TimeSpan.FromSeconds(1)));
        table.TryComplete(_id, At("8.8.8.8", 5), Second, out _, out _).ShouldBe(TransactionMatch.Unknown, "once is enough");
        (table.Count, table.Unmatched).ShouldBe((0, 4));
    }

    [Fact]
    public void Query_stalls_once_may_still_be_answered_and_fails_in_the_end()
    {
        var table = new TransactionTable<string>(TransactionSettings.Default, new Random(1));
        table.TryBegin(At("8.8.8.8"), "late", 0, _id);
        byte[] late = [.. _id];
        table.TryBegin(At("8.8.8.9"), "never", Second / 2, _id);
        table.TryTakeStalled(Second - 1, out _, out _).ShouldBeFalse();
        table.TryTakeStalled(Second, out var owner, out _).ShouldBeTrue();
        owner.ShouldBe("late");
        table.TryTakeStalled(Second, out _, out _).ShouldBeFalse();
        table.TryTakeStalled(2 * Second, out owner, out var address).ShouldBeTrue();
        (owner, address).ShouldBe(("never", At("8.8.8.9")));
        table.TryComplete(late, At("8.8.8.8"), 5 * Second, out owner, out _).ShouldBe(TransactionMatch.Answered);
        table.TryTakeTimedOut((15 * Second) + (Second / 2) - 1, out _, out _).ShouldBeFalse();
        table.TryTakeTimedOut((15 * Second) + (Second / 2), out owner, out _).ShouldBeTrue();
        owner.ShouldBe("never");
        (table.Count, table.TimedOut).ShouldBe((0, 1));
    }

    [Fact]
    public void Table_takes_as_many_as_its_limit_and_not_one_more()
    {
        var table = new TransactionTable<int>(new TransactionSettings { MaxInFlight = 16 }, new Random(1));
        for (var i = 0; i < 16; i++) table.TryBegin(At("8.8.8.8"), i, i, _id).ShouldBeTrue();
        table.TryBegin(At("8.8.8.8"), 16, 16, _id).ShouldBeFalse();
        table.Refused.ShouldBe(1);
        table.TryTakeTimedOut(15 * Second, out _, out _).ShouldBeTrue();
        table.TryBegin(At("8.8.8.8"), 16, 16, _id).ShouldBeTrue();
    }

    [Fact]
    public void Stall_time_follows_the_measured_answers_within_its_bounds()
    {
        var trips = new RoundTripEstimator(TransactionSettings.Default);
        trips.StallAfter.ShouldBe(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++) trips.Add(TimeSpan.FromMilliseconds(i % 2 == 0 ? 90 : 110));
        trips.StallAfter.ShouldBe(TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < 100; i++) trips.Add(TimeSpan.FromMilliseconds(i % 2 == 0 ? 300 : 500));
        trips.StallAfter.TotalMilliseconds.ShouldBeInRange(700, 900);
        for (var i = 0; i < 100; i++) trips.Add(TimeSpan.FromSeconds(7));
        trips.StallAfter.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Any_history_ends_every_query_once_and_in_order()
    {
        var random = new Random(4);
        var table = new TransactionTable<int>(new TransactionSettings { MaxInFlight = 64 }, new Random(5));
        var flying = new Dictionary<int, (byte[] Id, UdpAddress Address, long At)>();
        var (begun, ended, stalled, now) = (0, 0, new HashSet<int>(), 0L);
        for (var step = 0; step < 20_000; step++)
        {
            now += random.Next(0, (int)(Second / 4));
            if (random.Next(3) > 0)
            {
                var address = Public(random);
                table.TryBegin(address, begun, now, _id).ShouldBe(flying.Count < 64);
                if (flying.Count < 64) flying.Add(begun++, ([.. _id], address, now));
            }
            else if (flying.Count > 0 && random.Next(2) == 0)
            {
                var (key, flight) = flying.ElementAt(random.Next(flying.Count));
                table.TryComplete(flight.Id, flight.Address, now, out var owner, out _).ShouldBe(TransactionMatch.Answered);
                owner.ShouldBe(key);
                flying.Remove(key);
                ended++;
            }

            while (table.TryTakeStalled(now, out var owner, out _)) stalled.Add(owner).ShouldBeTrue();
            while (table.TryTakeTimedOut(now, out var owner, out var address))
            {
                flying[owner].Address.ShouldBe(address);
                (now - flying[owner].At).ShouldBeGreaterThanOrEqualTo(8 * Second);
                stalled.ShouldContain(owner);
                flying.Remove(owner);
                ended++;
            }

            table.Count.ShouldBe(flying.Count);
        }

        table.TimedOut.ShouldBeGreaterThan(50);
        (begun - ended).ShouldBe(table.Count);
    }
}
