using Swarm.Pbm.Output;

namespace Swarm.Pbm.Interactive;

/// <summary>Reads a line from a terminal, with completion and history, by <see cref="EditBuffer"/>; draws it. A line that is longer than the window scrolls in it.</summary>
internal sealed class LineEditor(Terminal terminal, History history, Func<string, int, IReadOnlyList<string>> complete)
{
    private const int MaxListed = 200;

    /// <summary>The next line; null when there are no more.</summary>
    public string? Read(string prompt)
    {
        terminal.KeysOnly(true);
        try
        {
            return Edited(prompt);
        }
        finally
        {
            terminal.KeysOnly(false);
        }
    }

    private string? Edited(string prompt)
    {
        var buffer = new EditBuffer(history.Lines);
        Draw(prompt, buffer);
        while (true)
        {
            switch (buffer.Press(terminal.ReadKey()))
            {
                case Edit.Entered:
                    terminal.Out.WriteLine();
                    history.Add(buffer.Text);
                    return buffer.Text;
                case Edit.Cancelled:
                    terminal.Out.WriteLine("^C");
                    return "";
                case Edit.Ended:
                    terminal.Out.WriteLine();
                    return null;
                case Edit.Clears: terminal.Out.Write(Ansi.ClearScreen); break;
                case Edit.Completes: Complete(buffer); break;
            }

            Draw(prompt, buffer);
        }
    }

    private void Complete(EditBuffer buffer)
    {
        var word = Completion.Word(buffer.Text, buffer.Cursor);
        var candidates = complete(buffer.Text, buffer.Cursor).Where(candidate => candidate.StartsWith(word, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        var insertion = Completion.Insertion(word, candidates);
        buffer.Insert(insertion);
        if (insertion.Length > 0 || candidates.Count == 0) return;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(string.Join("  ", candidates.Take(MaxListed).Select(CellText.Clean)));
    }

    private void Draw(string prompt, EditBuffer buffer)
    {
        var room = Math.Max(terminal.Size().Columns - prompt.Length - 1, 1);
        var start = Math.Max(buffer.Cursor - room, 0);
        var shown = buffer.Text[start..Math.Min(start + room, buffer.Text.Length)];
        terminal.Out.Write($"\r{prompt}{shown}{Ansi.ClearToEnd}{Ansi.ToColumn(prompt.Length + buffer.Cursor - start)}");
        terminal.Out.Flush();
    }
}
