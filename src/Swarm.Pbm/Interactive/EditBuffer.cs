namespace Swarm.Pbm.Interactive;

/// <summary>What becomes of a line after a key.</summary>
internal enum Edit
{
    /// <summary>It goes on.</summary>
    Goes,

    /// <summary>Enter: it is whole.</summary>
    Entered,

    /// <summary>Ctrl-C: it is thrown away.</summary>
    Cancelled,

    /// <summary>Ctrl-D on an empty line: no more lines.</summary>
    Ended,

    /// <summary>Tab: completions are wanted.</summary>
    Completes,

    /// <summary>Ctrl-L: the screen is to be cleared.</summary>
    Clears,
}

/// <summary>
/// A line while it is typed: its text, the cursor, and the way through the history. Keys as in readline: arrows, Home and End, Ctrl-A, E, K, U, W, L, D, C. Pure.
/// Always holds: 0 ≤ <see cref="Cursor"/> ≤ length of <see cref="Text"/> ≤ <see cref="MaxLength"/>.
/// </summary>
internal sealed class EditBuffer(IReadOnlyList<string> history)
{
    /// <summary>Characters a line takes; more are not typed.</summary>
    public const int MaxLength = 4_096;

    private int _past = history.Count;
    private string _typed = "";

    /// <summary>The line so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Where the next character goes.</summary>
    public int Cursor { get; private set; }

    /// <summary>Takes a key.</summary>
    public Edit Press(ConsoleKeyInfo key)
    {
        var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter: return Edit.Entered;
            case ConsoleKey.Tab: return Edit.Completes;
            case ConsoleKey.C when isControl: return Edit.Cancelled;
            case ConsoleKey.D when isControl && Text.Length == 0: return Edit.Ended;
            case ConsoleKey.L when isControl: return Edit.Clears;
            case ConsoleKey.D when isControl:
            case ConsoleKey.Delete: Cut(Cursor, Math.Min(Cursor + 1, Text.Length)); break;
            case ConsoleKey.Backspace: Cut(Math.Max(Cursor - 1, 0), Cursor); break;
            case ConsoleKey.W when isControl: Cut(WordStart(), Cursor); break;
            case ConsoleKey.U when isControl: Cut(0, Cursor); break;
            case ConsoleKey.K when isControl: Cut(Cursor, Text.Length); break;
            case ConsoleKey.A when isControl:
            case ConsoleKey.Home: Cursor = 0; break;
            case ConsoleKey.E when isControl:
            case ConsoleKey.End: Cursor = Text.Length; break;
            case ConsoleKey.LeftArrow: Cursor = isControl ? WordStart() : Math.Max(Cursor - 1, 0); break;
            case ConsoleKey.RightArrow: Cursor = Math.Min(Cursor + 1, Text.Length); break;
            case ConsoleKey.UpArrow: Recall(_past - 1); break;
            case ConsoleKey.DownArrow: Recall(_past + 1); break;
            default:
                if (!char.IsControl(key.KeyChar)) Insert(key.KeyChar.ToString());
                break;
        }

        return Edit.Goes;
    }

    /// <summary>Puts text where the cursor is.</summary>
    public void Insert(string text)
    {
        if (Text.Length + text.Length > MaxLength) return;
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    private void Cut(int from, int to)
    {
        Text = Text.Remove(from, to - from);
        Cursor = from;
    }

    private int WordStart()
    {
        var at = Cursor;
        while (at > 0 && Text[at - 1] == ' ') at--;
        while (at > 0 && Text[at - 1] != ' ') at--;
        return at;
    }

    // What was typed is the line after the last.
    private void Recall(int past)
    {
        if (past < 0 || past > history.Count) return;
        if (_past == history.Count) _typed = Text;
        _past = past;
        Text = past == history.Count ? _typed : history[past];
        Cursor = Text.Length;
    }
}
