using Swarm.Pbm.Interactive;

namespace Swarm.Tests.Pbm;

/// <summary>The line that is typed, and what Tab does. Keys: ordinary characters, and in braces the named ones.</summary>
public sealed class EditBufferTests
{
    private static readonly string[] History = ["first", "second"];

    [Theory]
    [InlineData("abc", "abc|")]
    [InlineData("abc{left}{left}x", "ax|bc")]
    [InlineData("abc{back}", "ab|")]
    [InlineData("{back}{delete}{left}", "|")]
    [InlineData("abc{home}{delete}", "|bc")]
    [InlineData("abc{^A}x{^E}y", "xabcy|")]
    [InlineData("one two{^W}", "one |")]
    [InlineData("one two  {^W}{^W}", "|")]
    [InlineData("one two{left}{left}{left}{^K}", "one |")]
    [InlineData("one two{left}{left}{left}{^U}", "|two")]
    [InlineData("abc{home}{^D}", "|bc")]
    [InlineData("{up}", "second|")]
    [InlineData("{up}{up}{up}", "first|")]
    [InlineData("typed{up}{down}", "typed|")]
    [InlineData("typed{up}{up}{down}{down}{down}!", "typed!|")]
    [InlineData("{up}X{up}{down}", "second|")]
    public void Keys_change_the_line(string keys, string expected)
    {
        var buffer = new EditBuffer(History);
        foreach (var key in Keys(keys)) buffer.Press(key).ShouldBe(Edit.Goes);
        buffer.Text.Insert(buffer.Cursor, "|").ShouldBe(expected);
    }

    [Fact]
    public void Line_takes_so_many_characters_and_not_one_more()
    {
        var buffer = new EditBuffer([]);
        buffer.Insert(new string('x', EditBuffer.MaxLength));
        buffer.Insert("y");
        buffer.Text.Length.ShouldBe(EditBuffer.MaxLength);
        buffer.Text.ShouldNotContain('y');
    }

    [Theory]
    [InlineData("{^D}", "Ended")]
    [InlineData("{^C}", "Cancelled")]
    [InlineData("{^L}", "Clears")]
    [InlineData("{tab}", "Completes")]
    [InlineData("{enter}", "Entered")]
    public void Some_keys_are_for_the_editor(string key, string expected) => new EditBuffer(History).Press(Keys(key).Single()).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("torrents li", "li")]
    [InlineData("torrents ", "")]
    [InlineData("", "")]
    [InlineData("tor", "tor")]
    public void Word_before_the_cursor_is_completed(string line, string word) => Completion.Word(line, line.Length).ShouldBe(word);

    [Theory]
    [InlineData("li", "list", "st ")]
    [InlineData("", "list,limit", "li")]
    [InlineData("li", "list,limit", "")]
    [InlineData("x", "", "")]
    public void Tab_inserts_what_is_certain(string word, string candidates, string expected) =>
        Completion.Insertion(word, candidates.Split(',', StringSplitOptions.RemoveEmptyEntries)).ShouldBe(expected);

    private static IEnumerable<ConsoleKeyInfo> Keys(string keys)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] != '{')
            {
                yield return new ConsoleKeyInfo(keys[i], ConsoleKey.None, shift: false, alt: false, control: false);
                continue;
            }

            var name = keys[(i + 1)..keys.IndexOf('}', i)];
            i += name.Length + 1;
            var isControl = name[0] == '^';
            var key = isControl ? Enum.Parse<ConsoleKey>(name[1..]) : name switch
            {
                "left" => ConsoleKey.LeftArrow,
                "up" => ConsoleKey.UpArrow,
                "down" => ConsoleKey.DownArrow,
                "home" => ConsoleKey.Home,
                "back" => ConsoleKey.Backspace,
                "delete" => ConsoleKey.Delete,
                "tab" => ConsoleKey.Tab,
                _ => ConsoleKey.Enter,
            };
            yield return new ConsoleKeyInfo('\0', key, shift: false, alt: false, isControl);
        }
    }
}
