using FsCheck.Fluent;
using Swarm.TestKit.Net;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.TestKit.Net;

public sealed class FairLinkTests
{
    [Fact]
    public void Flows_share_a_link_evenly_and_their_sum_is_its_rate() =>
        PropertyCheck.Holds(Gen.Choose(0, int.MaxValue), seed =>
        {
            const int Rate = 1_000_000, Seconds = 20;
            var sim = new Simulation(seed);
            var random = new Random(seed);
            var link = new FairLink(sim, () => Rate, () => 16_384);
            var moved = new long[random.Next(2, 14)];
            var flows = new Flow[moved.Length];
            for (var i = 0; i < flows.Length; i++)
            {
                var number = i;
                flows[i] = new Flow(most => random.Next(most) + 1, bytes =>
                {
                    moved[number] += bytes;
                    link.Join(flows[number]);
                });
                link.Join(flows[i]);
            }

            sim.AdvanceBy(TimeSpan.FromSeconds(Seconds));
            moved.Sum().ShouldBeInRange((Rate * Seconds) - 131_072, (Rate * Seconds) + (4 * FairLink.PacketBytes));
            var fair = (double)Rate * Seconds / moved.Length;
            moved.ShouldAllBe(bytes => Math.Abs(bytes - fair) < fair * 0.1);
        });

    [Fact]
    public void Who_has_little_gets_it_at_once_beside_who_has_much()
    {
        var sim = new Simulation(1);
        var link = new FairLink(sim, () => 1_000_000, () => 16_384);
        Flow greedy = null!;
        greedy = new Flow(most => most, _ => link.Join(greedy));
        link.Join(greedy);
        sim.AdvanceBy(TimeSpan.FromSeconds(1));
        var left = 100;
        var passedAt = TimeSpan.Zero;
        link.Join(new Flow(most => left, _ => passedAt = sim.Elapsed));
        sim.AdvanceBy(TimeSpan.FromSeconds(1));
        left.ShouldBe(100);
        (passedAt - TimeSpan.FromSeconds(1)).TotalMilliseconds.ShouldBeInRange(0, 17);
    }

    [Fact]
    public void Datagrams_take_their_part_of_the_rate_and_are_dropped_beyond_the_queue()
    {
        var sim = new Simulation(1);
        var link = new FairLink(sim, () => 1000, () => 16_384);
        link.TryPass(500, 1000, out var first).ShouldBeTrue();
        link.TryPass(500, 1000, out var second).ShouldBeTrue();
        first.ShouldBe(TimeSpan.FromSeconds(0.5).Ticks);
        second.ShouldBe(TimeSpan.FromSeconds(1).Ticks);
        link.TryPass(500, 1000, out _).ShouldBeTrue();
        link.TryPass(1, 1000, out _).ShouldBeFalse("a second and a half wait");
        sim.AdvanceBy(TimeSpan.FromSeconds(1));
        link.TryPass(1, 1000, out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Connections_share_their_hosts_link_whichever_end_is_narrow(bool isUp)
    {
        const int Rate = 500_000, Each = 400_000;
        var narrow = isUp ? new LinkProfile { UpBytesPerSecond = Rate } : LinkProfile.Default;
        var rig = new NetRig(here: isUp ? null : new LinkProfile { DownBytesPerSecond = Rate }, there: narrow);
        var links = Enumerable.Range(0, 5).Select(_ => rig.Connected()).ToList();
        var start = rig.Sim.Elapsed;
        var read = new int[links.Count];
        foreach (var (_, _, peer) in links) peer.Socket.Send(new byte[Each]).ShouldBeTrue();
        rig.Pass(2.5);
        for (var i = 0; i < links.Count; i++)
        {
            while (links[i].Owner.Waiting > 0)
            {
                var data = links[i].Owner.Expect<Swarm.Actors.Ports.IPeerLink.Received>().Data;
                read[i] += data.Length;
                data.Release();
            }
        }

        read.ShouldAllBe(bytes => bytes > 170_000 && bytes < 330_000);
        read.Sum().ShouldBeInRange(1_050_000, 1_260_000);
        for (var i = 0; i < links.Count; i++) links[i].Owner.Read(Each - read[i]);
        (rig.Sim.Elapsed - start).TotalSeconds.ShouldBeInRange(4.0, 4.1);
    }
}
