using System.Text.Json;
using Swarm.Api.Contracts;
using Swarm.Pbm.Output;

namespace Swarm.Pbm.Commands;

/// <summary>
/// Carries out one command of a palette: asks back where it takes something away, sends the request, follows pages, shows the answer. With an interval it asks again until interrupted.
/// </summary>
internal sealed class CommandRunner(NodeClient client, GlobalSettings settings, Terminal terminal)
{
    // What a watched table leaves free: heading and the line below.
    private const int RowsAround = 3;
    private const string CursorField = "cursor";
    private const string LimitField = "limit";

    /// <summary>The exit code.</summary>
    /// <exception cref="PbmException">The command line does not fit, or the node refused.</exception>
    public Task<int> RunAsync(PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, CancellationToken cancellation)
    {
        var isStream = command.Output.Kind == OutputKind.Stream;
        if (settings.Interval is not null && (isStream || command.Method != "GET")) throw new PbmException(ExitCodes.Usage, $"--watch goes with commands that look; '{command.Name}' {(isStream ? "goes on by itself" : "changes something")}");
        if (command.Confirm && !settings.IsSure && !Confirmed(command)) return Task.FromResult(ExitCodes.Failed);
        if (isStream) return StreamAsync(command, values, cancellation);
        return settings.Interval is { } interval ? WatchAsync(command, values, interval, cancellation) : OnceAsync(command, values, cancellation);
    }

    // Where nobody types, a script has decided.
    private bool Confirmed(PaletteCommand command)
    {
        if (!terminal.IsTyped) return true;
        terminal.Error.Write($"{CellText.Clean(command.Description)} Go on? [y/N] ");
        if (terminal.In.ReadLine()?.Trim() is "y" or "Y" or "yes") return true;
        terminal.Complain("nothing was done");
        return false;
    }

    private async Task<int> OnceAsync(PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, CancellationToken cancellation)
    {
        var answers = NewAnswers(command);
        var page = Bind(command, values);
        while (true)
        {
            var answer = await client.AskAsync(page, cancellation).ConfigureAwait(false);
            answers.Show(answer, terminal.Size().Columns);
            if (NextOf(command, answer) is not { } next) break;
            page = Bind(command, values, (CursorField, next));
        }

        answers.End();
        return answers.Undone == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    // One page, as much as fits: the rest would be asked for again and again without being seen.
    private async Task<int> WatchAsync(PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, TimeSpan interval, CancellationToken cancellation)
    {
        using var beat = new PeriodicTimer(interval, terminal.Time);
        do
        {
            var (columns, rows) = terminal.Size();
            var isPaged = command.Output.Next is not null && values.Any(value => value.Argument.Field == LimitField && value.Values.Count == 0);
            var page = isPaged && terminal.IsWatched ? Bind(command, values, (LimitField, Math.Max(1, rows - RowsAround).ToString())) : Bind(command, values);
            var answer = await client.AskAsync(page, cancellation).ConfigureAwait(false);
            var answers = NewAnswers(command);
            if (terminal.IsWatched && !settings.IsJson) terminal.Out.Write(Ansi.ClearScreen);
            answers.Show(answer, columns);
            answers.End();
            await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
        }
        while (await beat.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        return ExitCodes.Done;
    }

    private async Task<int> StreamAsync(PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, CancellationToken cancellation)
    {
        var answers = NewAnswers(command);
        await foreach (var happening in client.StreamAsync(Bind(command, values), cancellation).ConfigureAwait(false))
        {
            answers.Show(happening, terminal.Size().Columns);
            await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
        }

        terminal.Complain("the node ended the stream");
        return ExitCodes.Unreachable;
    }

    private IAnswers NewAnswers(PaletteCommand command) => settings.IsJson ? new JsonAnswers(command.Output, terminal.Out) : new TextAnswers(command.Output, terminal);

    private static string? NextOf(PaletteCommand command, JsonElement answer) =>
        command.Output.Next is { } member && answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(member, out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;

    private NodeRequest Bind(PaletteCommand command, IReadOnlyList<(PaletteArgument Argument, IReadOnlyList<string> Values)> values, params ReadOnlySpan<(string Field, string Value)> extra) =>
        new RequestBinder(command, ReadFile, settings.Timeout).Bind(values, extra);

    private static byte[]? ReadFile(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PbmException(ExitCodes.Usage, $"the file cannot be read: {e.Message}");
        }
    }
}
