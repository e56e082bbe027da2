using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Swarm.Tests.Host.Serve;

/// <summary><c>swarm serve</c> as a process of its own, as it was built. Killed at the end if it still runs.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Process _process;
    private readonly string _file;
    private readonly WatchedWriter _log = new();
    private readonly Task _reading;

    private DaemonProcess(Process process, string file)
    {
        _process = process;
        _file = file;
        _reading = ReadAsync();
    }

    /// <summary>What it wrote to standard error.</summary>
    public string Log => _log.ToString();

    /// <summary>The files it has in memory now; Linux only.</summary>
    public IReadOnlyList<string> LoadedFiles => File.ReadAllLines($"/proc/{_process.Id}/maps");

    /// <summary>Starts it with a configuration file of this content.</summary>
    public static DaemonProcess Start(string file, string configuration, IEnumerable<string> options, IEnumerable<(string Name, string Value)> environment)
    {
        File.WriteAllText(file, configuration);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "swarm"), ["serve", "--config", file, .. options]) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new DaemonProcess(Process.Start(start)!, file);
    }

    /// <summary>Changes the file.</summary>
    public void Configure(string configuration) => File.WriteAllText(_file, configuration);

    /// <summary>Sends a signal by its short name.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>Waits until it has logged this.</summary>
    public async Task LogsAsync(string text)
    {
        try
        {
            await _log.LineAsync(line => line.Contains(text, StringComparison.Ordinal)).WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"'{text}' is not logged. The log: {Log}", e);
        }
    }

    /// <summary>Waits until its API is there and the node ready: the API's address.</summary>
    public async Task<Uri> ApiAsync()
    {
        await LogsAsync("Ready: ");
        return new Uri(Regex.Match(Log, @"The API listens at (\S+)").Groups[1].Value);
    }

    /// <summary>Waits for its end: the exit code.</summary>
    public async Task<int> EndAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _reading.WaitAsync(Patience);
            return _process.ExitCode;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"The daemon does not end. The log: {Log}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line) _log.WriteLine(line);
    }
}
