namespace Swarm.Pbm;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        using var interruption = new Interruption();
        return await PbmProgram.RunAsync(args, Terminal.OfProcess(interruption), NodeClient.Handler).ConfigureAwait(false);
    }
}
