using System.Text.Json;
using Swarm.Host;

namespace Swarm.Tests.Host;

/// <summary>One run of the program inside the test's process, with its own output, error and signals.</summary>
internal sealed class Invocation : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Interruption _interruption = new();
    private readonly Task<int> _running;

    private Invocation(string[] args)
    {
        _running = Task.Run(() => CommandLine.RunAsync(args, new Shell(Out, Error, IsTerminal: false, _interruption)));
    }

    public WatchedWriter Out { get; } = new();

    public WatchedWriter Error { get; } = new();

    public static Invocation Start(params string[] args) => new(args);

    /// <summary>Runs to the end.</summary>
    public static async Task<Ended> RunAsync(params string[] args)
    {
        using var invocation = new Invocation(args);
        return await invocation.EndAsync();
    }

    /// <summary>As a signal of this number does.</summary>
    public void Signal(int number) => _interruption.Request(number).ShouldBeTrue();

    /// <summary>Waits for the end.</summary>
    public async Task<Ended> EndAsync()
    {
        try
        {
            return new Ended(await _running.WaitAsync(Patience), Out.ToString(), Error.ToString());
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The command does not end. Output: {Out} Error: {Error}");
        }
    }

    /// <summary>Waits for the JSON line of a type.</summary>
    public async Task<JsonElement> LineAsync(string type)
    {
        var line = await Out.LineAsync(line => line.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal)).WaitAsync(Patience);
        return JsonDocument.Parse(line).RootElement;
    }

    public void Dispose()
    {
        _interruption.Request(15);
        _running.Wait(Patience);
        _interruption.Dispose();
    }
}

/// <summary>What a run left.</summary>
internal sealed record Ended(int ExitCode, string Out, string Error)
{
    /// <summary>Standard output as JSON lines.</summary>
    public JsonElement[] Json => [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Lines of standard error.</summary>
    public string[] Complaints => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>It failed with one line that says this, and without a trace of its insides.</summary>
    public void ShouldFailSaying(string expected, int exitCode = 1)
    {
        ExitCode.ShouldBe(exitCode, Error);
        Error.ShouldContain(expected);
        Error.ShouldStartWith("swarm: ");
        Error.ShouldNotContain("   at ");
        Error.ShouldNotContain("Exception");
    }
}
