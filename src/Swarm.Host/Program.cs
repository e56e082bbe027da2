namespace Swarm.Host;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        using var interruption = Interruption.BySignals();
        return await CommandLine.RunAsync(args, Shell.OfProcess(interruption)).ConfigureAwait(false);
    }
}
