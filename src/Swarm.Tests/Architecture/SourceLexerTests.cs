namespace Swarm.Tests.Architecture;

public sealed class SourceLexerTests
{
    // In each case "code" is code, "text" is inside a string and "note" is inside a comment.
    [Theory]
    [InlineData("code // note \"text\" note")]
    [InlineData("code /* note \" note */ code")]
    [InlineData("code /* note\n// note */ code")]
    [InlineData("code \"text // text /* text\" code")]
    [InlineData("code \"text \\\" text\\\\\" code // note")]
    [InlineData("code @\"text \"\" text \\\" code")]
    [InlineData("code @\"text\ntext\" code")]
    [InlineData("code $\"text {code} text {{ text }} text {code}\" code")]
    [InlineData("code $\"text {code(\"text\", $\"text {code} text\")} text\" code")]
    [InlineData("code $\"text {code:text} text {(code ? code : code):text}\" code")]
    [InlineData("code $@\"text \\{code}\"\" text\" code")]
    [InlineData("code @$\"text {code}\ntext\" code")]
    [InlineData("code \"\"\"text \"text\" // text\"\"\" code")]
    [InlineData("code \"\"\"\ntext {text} \"\"text\n\"\"\" code")]
    [InlineData("code $\"\"\"text {code} text \"text\" \"\"\" code")]
    [InlineData("code $$\"\"\"text {text} {{code}} text\"\"\" code")]
    [InlineData("code \"\"\"\"text \"\"\" text\"\"\"\" code")]
    [InlineData("code '\"' code '\\'' code '\\\\' code '\\u0022' code // note")]
    [InlineData("code \"text\"u8 code")]
    [InlineData("code $\"text {code switch { code => \"text\", _ => code }} text\" code")]
    [InlineData("code $\"text {code[\"text\"]:text}\" code")]
    [InlineData("code $\"{code::code}\" code")]
    public void Code_text_and_notes_are_told_apart(string source)
    {
        var (code, comments) = SourceLexer.Split(source);
        var (allCode, allComments) = (string.Join('\n', code), string.Join('\n', comments));
        Count(allCode, "code").ShouldBe(Count(source, "code"));
        Count(allCode, "text").ShouldBe(0);
        Count(allCode, "note").ShouldBe(0);
        Count(allComments, "note").ShouldBe(Count(source, "note"));
        Count(allComments, "code").ShouldBe(0);
    }

    [Fact]
    public void Every_character_keeps_its_place()
    {
        const string source = "a \"b\"\r\n  // c\nd $\"{e}\"";
        var (code, comments) = SourceLexer.Split(source);
        code.ShouldBe(["a \" \"", "      ", "d $\" e \""]);
        comments.ShouldBe(["     ", "  // c", "        "]);
    }

    [Fact]
    public void Sources_of_this_repository_come_out_with_balanced_braces()
    {
        foreach (var source in Repository.Sources)
        {
            var depth = source.AllCode.Count(c => c == '{') - source.AllCode.Count(c => c == '}');
            depth.ShouldBe(0, source.Path);
        }
    }

    // A fuzz test: whatever is read, the lexer ends and loses no line.
    [Fact]
    public void Fuzzed_sources_never_throw_and_keep_their_lines()
    {
        var random = new Random(99);
        string[] parts = ["\"", "\"\"\"", "$", "@", "{", "}", "'", "\\", "//", "/*", "*/", "\n", "a", ":", "(", ")", "$$\"\"\""];
        for (var round = 0; round < 20_000; round++)
        {
            var source = string.Concat(random.GetItems(parts, random.Next(1, 30)));
            var (code, comments) = SourceLexer.Split(source);
            code.Length.ShouldBe(source.Split('\n').Length);
            comments.Length.ShouldBe(code.Length);
        }
    }

    private static int Count(string text, string word) => text.Split(word).Length - 1;
}
