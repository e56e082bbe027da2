using System.Diagnostics;
using System.Text.Json;
using Swarm.Io.Hashing;

namespace Swarm.Benchmarks;

/// <summary>
/// The cases without BenchmarkDotNet's long runs: a warm-up, then some rounds, of which the median counts. Prints one JSON
/// line a case. Those of the kernel: <c>case</c>, <c>messages</c>, <c>messagesPerSecond</c> (median), <c>bestMessagesPerSecond</c>, <c>bytesPerMessage</c>.
/// </summary>
internal static class QuickRun
{
    private const int Rounds = 9;

    internal static void Run(string[] only)
    {
        using var cases = new KernelCases();
        using var pipeline = new PipelineCases();
        var transfer = new TransferCases();
        (string Name, int Messages, Action<int> Run)[] all =
        [
            ("tell", 2_000_000, cases.Tell),
            ("flood", 2_000_000, cases.Flood),
            ("fan-in", 2_000_000, cases.FanIn),
            ("ping-pong", 500_000, cases.PingPong),
            ("ask", 100_000, messages => cases.Ask(messages).GetAwaiter().GetResult()),
            ("decode", 2_000_000, transfer.Decode),
            ("pick", 200_000, blocks => transfer.Pick(blocks, 0)),
            ("pick-among-500", 200_000, blocks => transfer.Pick(blocks, 500)),
            ("pick-among-2000", 200_000, blocks => transfer.Pick(blocks, 2_000)),
            ("choke-50", 100_000, peers => transfer.Choke(peers / 50, 50)),
            ("choke-500", 100_000, peers => transfer.Choke(peers / 500, 500)),
            ("hash", 100_000, transfer.Hash),
            .. Sha1Lanes.IsSupported ? [("hash-together", 160_000, transfer.HashTogether)] : Array.Empty<(string, int, Action<int>)>(),
            ("hash-pipeline", 100_000, pipeline.Run),
        ];
        foreach (var (name, messages, run) in all.Where(c => only.Length == 0 || only.Contains(c.Name)))
        {
            Measure(name, messages, run);
        }

        if (only.Length == 0 || only.Contains("catalogue")) CatalogueCases.Run();
        if (only.Length == 0 || only.Contains("events")) EventCases.RunAsync().GetAwaiter().GetResult();
    }

    private static void Measure(string name, int messages, Action<int> run)
    {
        // In batches, as a mailbox would see them, so that a fast writer does not measure the growth of a queue without end.
        const int Batch = 100_000;
        var rates = new double[Rounds];
        var bytes = new double[Rounds];
        for (var round = -3; round < Rounds; round++)
        {
            GC.Collect();
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var began = Stopwatch.GetTimestamp();
            for (var sent = 0; sent < messages; sent += Batch)
            {
                run(Batch);
            }

            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (round >= 0)
            {
                rates[round] = messages / seconds;
                bytes[round] = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)messages;
            }
        }

        Array.Sort(rates);
        Array.Sort(bytes);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            @case = name,
            messages,
            messagesPerSecond = Math.Round(rates[Rounds / 2]),
            bestMessagesPerSecond = Math.Round(rates[^1]),
            bytesPerMessage = Math.Round(bytes[Rounds / 2], 2),
        }));
    }
}
