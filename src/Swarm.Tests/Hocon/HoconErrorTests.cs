using Swarm.Hocon;

namespace Swarm.Tests.Hocon;

/// <summary>Places, limits, files: what a person who made a mistake reads, and what no file can do to its reader.</summary>
public sealed class HoconErrorTests
{
    [Theory]
    [InlineData("a = 1 | b = @x", 2, 5, "'@' means something in HOCON; a string with it needs quotes")]
    [InlineData("a = 1 |   b c", 2, 6, "the key '\"b c\"' needs '=' or ':' and a value, not the end of the text")]
    [InlineData("a = [1, 2", 1, 10, "a list does not end; the '[' of main.conf:1:5 needs a ']'")]
    [InlineData("a {", 1, 4, "an object does not end; the '{' of main.conf:1:4 needs a '}'")]
    [InlineData("a = \"x", 1, 5, "a string in quotes does not end")]
    [InlineData("a = | ", 2, 1, "a value is expected, not the end of the text")]
    [InlineData("a = 1 | b = ${c.d}", 2, 5, "${c.d} has no value here: there is no such path, or it leads back to this place; ${?...} may be without a value")]
    [InlineData("a = [${a}]", 1, 5, "this value would be inside of itself; a substitution in it leads back to it")]
    [InlineData("a = 1 [2]", 1, 5, "a list and text stand side by side and cannot be joined; a comma or a new line makes two values of them")]
    [InlineData("a = 1 b = 2", 1, 9, "'=' stands where the next field could begin after a comma or a new line")]
    [InlineData("include foo", 1, 12, "the end of the text is nothing that can be included; after 'include' comes \"file\", file(\"file\") or required(file(\"file\")); a key of that name needs quotes")]
    [InlineData("a = [{ b += 1 }]", 1, 8, "'+=' cannot stand inside of a list; no path leads to the value before it; write the whole list")]
    public void An_error_says_where_what_and_what_to_do(string row, int line, int column, string expected)
    {
        var error = HoconJson.ErrorsOf(SpecificationTests.Lines(row)).ShouldHaveSingleItem();
        error.ToString().ShouldBe($"main.conf:{line}:{column}: {expected}");
    }

    [Fact]
    public void Every_value_and_key_knows_its_place()
    {
        var files = new MemoryFiles(("dir/sub.conf", "\n  x = \"\"\"one\ntwo\"\"\", y = 1"));
        var (value, _) = HoconDocument.Resolve([HoconDocument.Parse("a {\n  include \"sub.conf\"\n}\na.x = ${a.y}\nb = 2", "dir/main.conf", files)]);
        var root = (HoconObject)value;
        root.At("a", "y")!.Origin.ShouldBe(new HoconOrigin("dir/sub.conf", 3, 13));
        root.At("a", "x")!.Origin.ShouldBe(new HoconOrigin("dir/sub.conf", 3, 13));
        ((HoconObject)root.At("a")!).Field("x")!.Origin.ShouldBe(new HoconOrigin("dir/main.conf", 4, 1));
        root.Field("b")!.Origin.ShouldBe(new HoconOrigin("dir/main.conf", 5, 1));
    }

    [Fact]
    public void All_that_cannot_be_resolved_is_told_at_once() =>
        HoconJson.ErrorsOf("a = ${x}\nb = [${y}, ${x}]\nc = ${a}").Select(error => error.Origin.Line).ShouldBe([1, 2, 2, 3]);

    [Fact]
    public void A_file_may_not_include_itself()
    {
        var files = new MemoryFiles(("a.conf", "include \"b.conf\""), ("b.conf", "x = 1\ninclude \"a.conf\""));
        var errors = HoconJson.ErrorsOf("include \"a.conf\"", files);
        errors.ShouldHaveSingleItem().ToString().ShouldBe("b.conf:2:1: 'a.conf' includes itself: main.conf -> a.conf -> b.conf -> a.conf");
    }

    [Fact]
    public void A_name_without_an_extension_is_json_and_then_hocon()
    {
        var files = new MemoryFiles(("x.json", """{"a":1,"b":1}"""), ("x.conf", "b = 2"));
        HoconJson.Of("include \"x\"", files).ShouldBe("""{"a":1,"b":2}""");
    }

    [Fact]
    public void Layers_are_merged_and_resolved_as_one_file()
    {
        var low = HoconDocument.Parse("a { x = 1, y = ${a.x} }, list = [1]", "low");
        var high = HoconDocument.Parse("a.x = 2, list += ${a.y}", "high");
        var set = HoconDocument.OfValue(["a", "z"], "c:/d", "--set a.z");
        HoconJson.Write(HoconDocument.Resolve([low, high, set]).Value).ShouldBe("""{"a":{"x":2,"y":2,"z":"c:/d"},"list":[1,2]}""");
    }

    [Theory]
    [InlineData("[a, {b: 1}]", """["a",{"b":1}]""")]
    [InlineData(" {b: 1}", """{"b":1}""")]
    [InlineData("\"a # b\"", "\"a # b\"")]
    [InlineData("a # b", "\"a # b\"")]
    [InlineData("", "\"\"")]
    [InlineData("12 s", "\"12 s\"")]
    public void A_lone_value_is_text_unless_it_begins_like_a_list_an_object_or_a_string(string text, string expected)
    {
        var document = HoconDocument.OfValue(["v"], text, "set");
        document.Errors.ShouldBeEmpty();
        HoconJson.Write(((HoconObject)HoconDocument.Resolve([document]).Value).At("v")!).ShouldBe(expected);
    }

    [Theory]
    [InlineData("[1")]
    [InlineData("\"x")]
    [InlineData("[1], 2")]
    public void A_lone_value_that_only_begins_like_one_is_refused(string text) => HoconDocument.OfValue(["v"], text, "set").Errors.ShouldNotBeEmpty();

    [Fact]
    public void Nesting_has_a_limit()
    {
        var limits = new HoconLimits { MaxDepth = 5 };
        HoconJson.ErrorsOf("[[[[[1]]]]]", limits: limits).ShouldBeEmpty();
        HoconJson.ErrorsOf("[[[[[[1]]]]]]", limits: limits).ShouldHaveSingleItem().Message.ShouldContain("more than 5 deep");
        HoconJson.ErrorsOf("a.b.c.d.e = 1", limits: limits).ShouldBeEmpty();
        HoconJson.ErrorsOf("a.b.c.d.e.f = 1", limits: limits).ShouldHaveSingleItem().Message.ShouldContain("more than 5 deep");
        HoconJson.ErrorsOf("a = {b: {c: ${d}}}\nd = {e: {f: {g: 1}}}", limits: limits).ShouldHaveSingleItem().Message.ShouldContain("more than 5 deep");
        HoconJson.ErrorsOf(new string('[', 1_000_000)).ShouldHaveSingleItem();
        HoconJson.ErrorsOf(string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1").ShouldHaveSingleItem();
    }

    [Fact]
    public void Substitutions_that_lead_to_each_other_have_a_limit()
    {
        var limits = new HoconLimits { MaxSubstitutionDepth = 3 };
        HoconJson.ErrorsOf("a = ${b}\nb = ${c}\nc = ${d}\nd = 1", limits: limits).ShouldBeEmpty();
        HoconJson.ErrorsOf("a = ${b}\nb = ${c}\nc = ${d}\nd = ${e}\ne = 1", limits: limits)[0].Message.ShouldContain("more than 3 deep");
        var long200 = string.Concat(Enumerable.Range(0, 200).Select(i => $"a += {i}\n"));
        HoconJson.Of(long200).ShouldContain(",198,199]");
        HoconJson.ErrorsOf(string.Concat(Enumerable.Range(0, 1_000).Select(i => $"a += {i}\n"))).ShouldHaveSingleItem().Message.ShouldContain("deep");
        HoconJson.ErrorsOf(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"a += {i}\n"))).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("laughter", "${#}${#}")]
    [InlineData("laughter", "[${#}, ${#}]")]
    [InlineData("laughter", "{x: ${#}, y: ${#}}")]
    [InlineData("[1]", "${#}${#}")]
    [InlineData("{x: 1}", "${#}${#}")]
    public void A_small_file_cannot_blow_up(string first, string twice)
    {
        // Each of 40 steps doubles the one before.
        var steps = Enumerable.Range(1, 40).Select(i => $"v{i} = {twice.Replace("#", $"v{i - 1}", StringComparison.Ordinal)}\n");
        HoconJson.ErrorsOf($"v0 = {first}\n{string.Concat(steps)}").ShouldHaveSingleItem();
    }

    [Fact]
    public void Files_have_limits()
    {
        var limits = new HoconLimits { MaxFileLength = 40, MaxIncludes = 2, MaxIncludeDepth = 1 };
        var files = new MemoryFiles(("long.conf", new string('#', 41)), ("deep.conf", "include \"x.conf\""), ("x.conf", "x = 1"));
        HoconJson.ErrorsOf(new string('#', 40), limits: limits).ShouldBeEmpty();
        HoconJson.ErrorsOf(new string('#', 41), limits: limits).ShouldHaveSingleItem().Message.ShouldContain("40 characters");
        HoconJson.ErrorsOf("include \"long.conf\"", files, limits).ShouldHaveSingleItem().Message.ShouldContain("too long");
        HoconJson.ErrorsOf("include \"deep.conf\"", files, limits).ShouldHaveSingleItem().Message.ShouldContain("more than 1 deep");
        HoconJson.ErrorsOf("include \"x.conf\"\ninclude \"x.conf\"", files, limits).ShouldBeEmpty();
        HoconJson.ErrorsOf("include \"x.conf\"\ninclude \"x.conf\"\ninclude \"x.conf\"", files, limits with { MaxFileLength = 100 }).ShouldHaveSingleItem().Message.ShouldContain("more than 2 files");
    }

    [Fact]
    public void Nothing_is_included_where_there_are_no_files() => HoconJson.ErrorsOf("include \"/etc/passwd\"").ShouldHaveSingleItem().Message.ShouldContain("nothing can be included");
}
