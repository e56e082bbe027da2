using BenchmarkDotNet.Running;

namespace Swarm.Benchmarks;

/// <summary>
/// <c>dotnet run -c Release --project bench/Swarm.Benchmarks -- --quick</c> prints one JSON line a case;
/// without <c>--quick</c> the arguments are BenchmarkDotNet's.
/// </summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        if (args is ["--quick", .. var cases])
        {
            QuickRun.Run(cases);
        }
        else
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        }
    }
}
