using BenchmarkDotNet.Attributes;

namespace Swarm.Benchmarks;

/// <summary>The kernel's cases under BenchmarkDotNet; an operation is one message.</summary>
[MemoryDiagnoser]
public class KernelBenchmarks : IDisposable
{
    private const int Batch = 200_000;
    private const int SmallBatch = 20_000;
    private KernelCases _cases = null!;

    [GlobalSetup]
    public void Setup() => _cases = new KernelCases();

    [GlobalCleanup]
    public void Dispose()
    {
        _cases.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Tell() => _cases.Tell(Batch);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void Flood() => _cases.Flood(Batch);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void FanIn() => _cases.FanIn(Batch);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void PingPong() => _cases.PingPong(Batch);

    [Benchmark(OperationsPerInvoke = SmallBatch)]
    public Task Ask() => _cases.Ask(SmallBatch);
}
