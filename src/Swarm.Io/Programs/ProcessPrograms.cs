using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Swarm.Actors.Ports;

namespace Swarm.Io.Programs;

/// <summary>
/// Other programs, as processes of their own without a shell. Owns those that run: disposing kills them. Of what a program writes the end is kept, <see cref="OutputLimit"/> characters. Any thread.
/// </summary>
public sealed class ProcessPrograms : IPrograms, IDisposable
{
    /// <summary>Characters of a program's output that are kept; what it wrote before them is dropped.</summary>
    public const int OutputLimit = 4_096;

    private readonly CancellationTokenSource _over = new();

    /// <inheritdoc/>
    public void Run(string program, ImmutableArray<string> arguments, TimeSpan timeout, long tag, IActorRef owner) => _ = Task.Run(() => RunAsync(program, arguments, timeout, tag, owner));

    /// <inheritdoc/>
    public void Dispose() => _over.Cancel();

    private async Task RunAsync(string program, ImmutableArray<string> arguments, TimeSpan timeout, long tag, IActorRef owner)
    {
        if (_over.IsCancellationRequested)
        {
            owner.Tell(new IPrograms.NotRun(tag, "the node is stopping"));
            return;
        }

        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false } };
        var output = new Tail();
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            owner.Tell(new IPrograms.NotRun(tag, $"{program} cannot be started: {e.Message.ReplaceLineEndings(" ")}"));
            return;
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var timedOut = !await EndsAsync(process, timeout).ConfigureAwait(false);
        owner.Tell(new IPrograms.Ended(tag, process.ExitCode, timedOut, output.ToString()));
    }

    // A program's children may hold its outputs open after its end: what they write is not waited for.
    private async Task<bool> EndsAsync(Process process, TimeSpan timeout)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        patience.CancelAfter(timeout);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (process.HasExited)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
    }

    /// <summary>The end of what was written.</summary>
    private sealed class Tail
    {
        private readonly StringBuilder _text = new();

        public void Add(string? line)
        {
            if (line is null) return;
            lock (_text)
            {
                if (_text.Length > 0) _text.Append('\n');
                _text.Append(line);
                if (_text.Length > OutputLimit) _text.Remove(0, _text.Length - OutputLimit);
            }
        }

        public override string ToString()
        {
            lock (_text) return _text.ToString();
        }
    }
}
