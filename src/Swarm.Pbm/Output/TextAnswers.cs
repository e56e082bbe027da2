using System.Text.Json;
using Spectre.Console;
using Swarm.Api.Contracts;

namespace Swarm.Pbm.Output;

/// <summary>
/// Answers for people: tables without rules, which are as easy to read as to cut; name and value for a record; a line for an event. Where nobody watches nothing is cut and no space hangs at a line's end.
/// </summary>
internal sealed class TextAnswers(PaletteOutput output, Terminal terminal) : IAnswers
{
    private bool _hasHeading;
    private bool _isEmpty = true;

    /// <inheritdoc/>
    public int Undone { get; private set; }

    /// <inheritdoc/>
    public void Show(JsonElement answer, int columns)
    {
        switch (output.Kind)
        {
            case OutputKind.Stream: ShowEvent(answer); break;
            case OutputKind.Record: ShowRecord(answer); break;
            default: ShowTable([.. AnswerParts.Elements(output, answer)], columns); break;
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        if (output.Kind == OutputKind.Table && _isEmpty && terminal.IsWatched) terminal.Error.WriteLine("nothing");
    }

    private void ShowEvent(JsonElement answer)
    {
        var cells = output.Columns.Select(column => CellText.Of(answer, column, terminal.Time.LocalTimeZone)).Where(cell => cell.Length > 0);
        terminal.Out.WriteLine(string.Join("  ", cells));
    }

    private void ShowRecord(JsonElement answer)
    {
        var width = output.Columns.Max(column => column.Header.Length);
        foreach (var column in output.Columns)
        {
            var cell = CellText.Of(answer, column, terminal.Time.LocalTimeZone);
            if (cell.Length > 0) terminal.Out.WriteLine($"{column.Header.PadRight(width)}  {cell}");
        }
    }

    private void ShowTable(IReadOnlyList<JsonElement> elements, int columns)
    {
        if (elements.Count == 0) return;
        _isEmpty = false;
        Undone += elements.Count(element => AnswerParts.IsUndone(output, element));
        // A column of which no element has anything is left out.
        var shown = output.Columns.Where(column => elements.Any(element => CellText.Of(element, column, terminal.Time.LocalTimeZone).Length > 0)).ToList();
        var table = new Table { Border = TableBorder.None, ShowHeaders = !_hasHeading };
        foreach (var column in shown) table.AddColumn(HeadingOf(column));
        foreach (var element in elements) table.AddRow(shown.Select(column => new Text(CellText.Of(element, column, terminal.Time.LocalTimeZone))));
        _hasHeading = true;
        terminal.Out.Write(Rendered(table, columns));
    }

    private static TableColumn HeadingOf(PaletteColumn column)
    {
        var heading = new TableColumn(new Text(column.Header)) { Padding = new Padding(0, 0, 2, 0) };
        // Figures stand below each other, and are worth nothing cut in two.
        if (column.Format is ColumnFormat.Number or ColumnFormat.Bytes or ColumnFormat.Rate or ColumnFormat.Percent or ColumnFormat.Seconds) return heading.RightAligned().NoWrap();
        return column.Format is ColumnFormat.Hash or ColumnFormat.Moment or ColumnFormat.Tree ? heading.NoWrap() : heading;
    }

    private static string Rendered(Table table, int columns)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = columns;
        console.Write(table);
        return string.Concat(text.ToString().Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0).Select(line => line + Environment.NewLine));
    }
}
