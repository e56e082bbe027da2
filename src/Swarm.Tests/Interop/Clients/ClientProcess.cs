using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// A program under test's conditions: started with captured output, awaited by what it prints or by its end, stopped by its own process id. Whatever it printed goes to the test's output when it is disposed.
/// Nothing waits without a deadline.
/// </summary>
internal sealed class ClientProcess : IAsyncDisposable
{
    private const int MaxLines = 20_000;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _grew = New();

    private ClientProcess(string name, Process process)
    {
        _name = name;
        _process = process;
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>What it has printed so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <summary>Starts <paramref name="program"/> in <paramref name="folder"/>.</summary>
    public static ClientProcess Start(string name, string program, string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["LC_ALL"] = "C.UTF-8";
        var client = new ClientProcess(name, new Process { StartInfo = start });
        client._process.OutputDataReceived += (_, line) => client.Take(line.Data);
        client._process.ErrorDataReceived += (_, line) => client.Take(line.Data);
        client._process.Start();
        client._process.BeginOutputReadLine();
        client._process.BeginErrorReadLine();
        return client;
    }

    public void Send(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>The first line, printed already or still to come, that <paramref name="matches"/>.</summary>
    public async Task<string> LineAsync(Func<string, bool> matches, string what, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        for (var seen = 0; ;)
        {
            Task grew;
            lock (_gate)
            {
                for (; seen < _lines.Count; seen++)
                {
                    if (matches(_lines[seen])) return _lines[seen];
                }

                grew = _grew.Task;
            }

            try
            {
                if (_process.HasExited) await _process.WaitForExitAsync(deadline.Token);
                await grew.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"{_name} did not say within {patience.TotalSeconds} s: {what}.\n{Tail()}", late);
            }
        }
    }

    /// <summary>Its exit code, once it has ended by itself.</summary>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"{_name} did not end within {patience.TotalSeconds} s.\n{Tail()}", late);
        }

        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as Ctrl-C does.</summary>
    public void Interrupt() => Signal(2);

    /// <summary>Sends it a signal, by its number, while it runs.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited) Signal(_process.Id, signal);
    }

    /// <summary>Sends a signal to a process of a program that the tests started.</summary>
    public static void Signal(int process, int signal) => _ = SendSignal(process, signal);

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync(StopPatience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal(15);
            try
            {
                await ExitAsync(StopPatience);
            }
            catch (TimeoutException)
            {
                await KillAsync();
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(Tail());
        _process.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int process, int signal);

    private void Take(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_gate)
        {
            if (_lines.Count < MaxLines) _lines.Add(line);
            _grew.SetResult();
            _grew = New();
        }
    }

    private string Tail()
    {
        lock (_gate) return $"--- {_name}\n{string.Join('\n', _lines.TakeLast(200))}";
    }
}
