using System.Text;
using FsCheck.Fluent;
using Swarm.Protocol.Metainfo;
using Swarm.Tests.Protocol.Primitives;

namespace Swarm.Tests.Protocol.Metainfo;

public sealed class PathSanitizerTests
{
    [Theory]
    [InlineData("file.txt", "file.txt")]
    [InlineData("größe 日本語 🎵.flac", "größe 日本語 🎵.flac")]
    [InlineData("a: b? *c* <d> |e|", "a: b? *c* <d> |e|")]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("..", "")]
    [InlineData("...", "")]
    [InlineData(". .", "")]
    [InlineData("   ", "")]
    [InlineData("/", "_")]
    [InlineData("/etc/passwd", "_etc_passwd")]
    [InlineData("..\\..\\x", ".._.._x")]
    [InlineData("../x", ".._x")]
    [InlineData("a\0b", "a_b")]
    [InlineData("a\nb\rc\td", "a_b_c_d")]
    [InlineData("a\u001b[31mb", "a_[31mb")]
    [InlineData("a\u007fb\u0085c", "a_b_c")]
    [InlineData("a\u2028b", "a_b")]
    [InlineData("a\u202egpj.exe", "agpj.exe")]
    [InlineData("\u200e\u200f\u2066.\u2069", "")]
    [InlineData("name.", "name")]
    [InlineData("name ", "name")]
    [InlineData("name. . .", "name")]
    [InlineData(" leading", " leading")]
    [InlineData(".hidden", ".hidden")]
    [InlineData("CON", "_CON")]
    [InlineData("con.txt", "_con.txt")]
    [InlineData("aux.tar.gz", "_aux.tar.gz")]
    [InlineData("NUL ", "_NUL")]
    [InlineData("nul .txt", "_nul .txt")]
    [InlineData("com1", "_com1")]
    [InlineData("LPT9.log", "_LPT9.log")]
    [InlineData("COM¹", "_COM¹")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("COM", "COM")]
    [InlineData("COM10", "COM10")]
    [InlineData("CONSOLE", "CONSOLE")]
    [InlineData("prn\u200f", "_prn")]
    public void Elements_become_safe(string element, string expected) => PathSanitizer.CleanElement(element).ShouldBe(expected);

    [Fact]
    public void Lone_surrogates_do_not_survive() => PathSanitizer.CleanElement("a\ud800b").ShouldBe("a\ufffdb");

    [Fact]
    public void An_element_may_have_255_bytes_and_no_more()
    {
        var fits = new string('a', 251) + ".txt";
        PathSanitizer.CleanElement(fits).ShouldBe(fits);
        PathSanitizer.CleanElement("a" + fits).ShouldBe(fits);
    }

    [Fact]
    public void A_cut_falls_between_characters_and_keeps_the_extension()
    {
        var clean = PathSanitizer.CleanElement(string.Concat(Enumerable.Repeat("日🎵", 100)) + ".flac");
        clean.ShouldEndWith(".flac");
        Encoding.UTF8.GetByteCount(clean).ShouldBeInRange(252, 255);
        clean.EnumerateRunes().ShouldAllBe(rune => rune.Value != 0xFFFD);
    }

    [Fact]
    public void A_dot_far_from_the_end_begins_no_extension()
    {
        var clean = PathSanitizer.CleanElement("a." + new string('b', 300));
        clean.ShouldBe("a." + new string('b', 253));
    }

    [Fact]
    public void A_cut_that_would_end_in_a_dot_or_space_goes_on()
    {
        var clean = PathSanitizer.CleanElement(new string('a', 253) + ". " + new string('b', 40));
        clean.ShouldBe(new string('a', 253));
    }

    [Fact]
    public void Cleaning_is_safe_for_any_text_and_cleaning_again_changes_nothing() => PropertyCheck.Holds(
        Gen.OneOf(
            Gen.Choose(0, 0xFFFF),
            Gen.Elements<int>('.', ' ', '/', '\\', 'c', 'o', 'n', '1', 0, 0x202E, 0x1F600 & 0xFFFF)).Select(code => (char)code).ArrayOf(),
        characters =>
        {
            var clean = PathSanitizer.CleanElement(new string(characters));
            clean.IndexOfAny(['/', '\\', '\0', '\n', '\u001b', '\u202e']).ShouldBe(-1);
            clean.ShouldNotBe(".");
            clean.ShouldNotBe("..");
            Encoding.UTF8.GetByteCount(clean).ShouldBeLessThanOrEqualTo(PathSanitizer.MaxElementBytes);
            PathSanitizer.CleanElement(clean).ShouldBe(clean);
        });
}
