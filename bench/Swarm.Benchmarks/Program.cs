using BenchmarkDotNet.Running;

namespace Swarm.Benchmarks;

/// <summary>
/// <c>dotnet run -c Release --project bench/Swarm.Benchmarks -- --quick</c> prints one JSON line a case;
/// <c>-- cluster-tables 'Host=…;Database=…;Username=…'</c> measures the steady load of clusters on a PostgreSQL; without either the arguments are BenchmarkDotNet's.
/// </summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        if (args is ["--quick", .. var cases])
        {
            QuickRun.Run(cases);
        }
        else if (args is ["cluster-tables", var connection])
        {
            ClusterTableCases.RunAsync(connection).GetAwaiter().GetResult();
        }
        else
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        }
    }
}
