namespace Swarm.Host.Output;

/// <summary>Chooses how a command reports.</summary>
internal static class Reporters
{
    /// <summary>Runs a command with its reporter: JSON if asked for, a live display on a terminal, else plain lines. A failure is reported and passed on.</summary>
    public static async Task<T> WithAsync<T>(Shell shell, bool json, Func<IReporter, Task<T>> command)
    {
        var reporter = For(shell, json);
        await using (reporter.ConfigureAwait(false))
        {
            try
            {
                return await command(reporter).ConfigureAwait(false);
            }
            catch (SwarmException e)
            {
                reporter.Failed(e.Message);
                throw;
            }
        }
    }

    private static IReporter For(Shell shell, bool json) => json ? new JsonReporter(shell) : shell.IsTerminal ? new TerminalReporter(shell) : new PlainReporter(shell);
}
