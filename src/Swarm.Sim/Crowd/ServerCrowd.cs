using System.Diagnostics;
using System.Net;
using Swarm.TestKit.Net;

namespace Swarm.Sim.Crowd;

/// <summary>
/// One server and a crowd of clients over the same links: each client asks for range after range, two ahead, as a browser does by HTTP. Only the protocol is simpler than HTTP: one byte asks for one range.
/// </summary>
internal static class ServerCrowd
{
    private const int Port = 80;
    private const int RangeBytes = 256 << 10;
    private const int RangesAhead = 2;
    private static readonly byte[] Ask = [1];
    private static readonly byte[] Range = new byte[RangeBytes];

    /// <summary>Runs until everybody has everything.</summary>
    /// <exception cref="TimeoutException">Somebody was not complete in time.</exception>
    public static CrowdResult Run(CrowdPlan plan, int crowd)
    {
        var clock = Stopwatch.StartNew();
        var simulation = new Simulation(plan.Seed);
        // A client that never reads would be a fault; there is none, so the limits of what may wait are out of the way.
        var network = new SimNetwork(simulation, new Random(plan.Seed), SimNetworkSettings.Default with { DialTimeout = TimeSpan.FromHours(1) });
        var server = network.AddHost("server", new IPAddress([20, 0, 0, 1]), plan.Link);
        server.Listen(Port, socket => new Serving(socket));
        var times = new List<TimeSpan>();
        for (var i = 0; i < crowd; i++)
        {
            var host = network.AddHost($"client-{i}", new IPAddress([21, (byte)(i >> 8), (byte)i, 1]), plan.Link);
            simulation.Schedule(plan.ArrivalOf(i, crowd), () =>
            {
                var arrival = simulation.Elapsed;
                var fetching = new Fetching(plan.Bytes, () => times.Add(simulation.Elapsed - arrival));
                fetching.Socket = host.Dial(new IPEndPoint(server.Address, Port), fetching);
            });
        }

        if (!simulation.RunUntil(() => times.Count == crowd, plan.Limit)) throw new TimeoutException($"{crowd - times.Count} clients are not complete after {plan.Limit}.");
        return CrowdResult.Of("server", times, clock.Elapsed, network.Counters.Segments, network.EventHash);
    }

    private sealed class Serving(SimSocket socket) : ISimSocketHandler
    {
        public void OnConnected()
        {
            // The client speaks first.
        }

        public void OnBytes(ReadOnlySpan<byte> bytes)
        {
            foreach (var _ in bytes) socket.Send(Range);
        }

        public void OnClosed(string reason)
        {
            // Nothing is kept for a client.
        }
    }

    private sealed class Fetching(long wanted, Action complete) : ISimSocketHandler
    {
        private long _asked;
        private long _got;

        public SimSocket Socket { get; set; } = null!;

        public void OnConnected() => AskAhead();

        public void OnBytes(ReadOnlySpan<byte> bytes)
        {
            _got += bytes.Length;
            if (_got < wanted)
            {
                AskAhead();
                return;
            }

            Socket.Close();
            complete();
        }

        public void OnClosed(string reason) => throw new InvalidOperationException($"The server is not to close: {reason}.");

        private void AskAhead()
        {
            for (; _asked < wanted && _asked - _got < RangesAhead * RangeBytes; _asked += RangeBytes) Socket.Send(Ask);
        }
    }
}
