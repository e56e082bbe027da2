namespace Swarm.Tests.Hocon;

/// <summary>
/// The examples of HOCON's specification (lightbend/config, HOCON.md), a row each, under the headings it has; and rows for sentences that it gives no example for. In the rows
/// a <c>|</c> alone between blanks is a new line.
/// </summary>
public sealed class SpecificationTests
{
    [Theory]
    // Unchanged from JSON
    [InlineData("""{"s":"a\u0041\n\"\\\/","n":-1.5e+3,"t":true,"f":false,"z":null,"o":{"x":[1,[],{}]}}""", """{"s":"aA\n\"\\/","n":-1.5e+3,"t":true,"f":false,"z":null,"o":{"x":[1,[],{}]}}""")]
    [InlineData("[1, 2]", "[1,2]")]
    // Comments
    [InlineData("// one | # two | a = 1 // three | b = 2 # four | c = \"#no // comment\"", """{"a":1,"b":2,"c":"#no // comment"}""")]
    [InlineData("a = http:#x", null)]
    // Omit root braces
    [InlineData("", "{}")]
    [InlineData("a = 1", """{"a":1}""")]
    [InlineData("{ a = 1 }", """{"a":1}""")]
    [InlineData("a = 1 }", null)]
    [InlineData("{ a = 1", null)]
    [InlineData("just-a-word", null)]
    [InlineData("{ a = 1 } b = 2", null)]
    // Key-value separator
    [InlineData("foo {}", """{"foo":{}}""")]
    [InlineData("\"foo\" {} | bar : {} | baz = {}", """{"foo":{},"bar":{},"baz":{}}""")]
    [InlineData("foo | { a : 1 }", """{"foo":{"a":1}}""")]
    [InlineData("foo = | 1", """{"foo":1}""")]
    [InlineData("foo bar", null)]
    [InlineData("foo [1]", null)]
    // Commas
    [InlineData("[1,2,3,]", "[1,2,3]")]
    [InlineData("[1 | 2 | 3]", "[1,2,3]")]
    [InlineData("[ | 1 | , | 2 | , | ]", "[1,2]")]
    [InlineData("[1,2,3,,]", null)]
    [InlineData("[,1,2,3]", null)]
    [InlineData("[1,,2,3]", null)]
    [InlineData("{a=1,b=2,}", """{"a":1,"b":2}""")]
    [InlineData("{a=1 | b=2}", """{"a":1,"b":2}""")]
    [InlineData("{a=1,,b=2}", null)]
    [InlineData("{,a=1}", null)]
    [InlineData("{a=1,b=2,,}", null)]
    [InlineData("{a={} b=1}", null)]
    // Whitespace
    [InlineData("\ufeffa\u00a0=\u2007\t1\r", """{"a":1}""")]
    // Duplicate keys and object merging
    [InlineData("""{ "foo" : { "a" : 42 }, "foo" : { "b" : 43 } }""", """{"foo":{"a":42,"b":43}}""")]
    [InlineData("""{ "foo" : { "a" : 42 }, "foo" : null, "foo" : { "b" : 43 } }""", """{"foo":{"b":43}}""")]
    [InlineData("a = 1 | a = 2", """{"a":2}""")]
    [InlineData("a = {x: {p: 1, q: 1}} | a = {x: {q: 2}, y: 3}", """{"a":{"x":{"p":1,"q":2},"y":3}}""")]
    [InlineData("a = {x: 1} | a = 2", """{"a":2}""")]
    [InlineData("a = [1] | a = [2]", """{"a":[2]}""")]
    // Unquoted strings
    [InlineData("a = truefoo | b = footrue | c = 10.0bar | d = bar10.0", """{"a":"truefoo","b":"footrue","c":"10.0bar","d":"bar10.0"}""")]
    [InlineData("a = a/b | b = a//b", """{"a":"a/b","b":"a"}""")]
    [InlineData("a = x@y", null)]
    [InlineData("a = x!y", null)]
    [InlineData("a = a\\b", null)]
    [InlineData("a = 01 | b = 1. | c = .5 | d = -x", """{"a":"01","b":"1.","c":".5","d":"-x"}""")]
    // Strings in quotes
    [InlineData("a = \"x | y\"", null)]
    [InlineData("a = \"\\x\"", null)]
    [InlineData("a = \"", null)]
    // Multi-line strings
    [InlineData("a = \"\"\"foo\"\"\"\"", """{"a":"foo\""}""")]
    [InlineData("a = \"\"\" \\u0041 | \"b\" \"\"\"", """{"a":" \\u0041\n\"b\" "}""")]
    [InlineData("a = \"\"\"\"\"\"", """{"a":""}""")]
    [InlineData("a = \"\"\"x\"\"", null)]
    public void Syntax(string text, string? expected) => Holds(text, expected);

    [Theory]
    // String value concatenation
    [InlineData("a =  foo bar baz ", """{"a":"foo bar baz"}""")]
    [InlineData("a = \"foo\"  bar 3 true null 1e5", """{"a":"foo  bar 3 true null 1e5"}""")]
    [InlineData("a = true | b = true foo", """{"a":true,"b":"true foo"}""")]
    [InlineData("a b c : 42", """{"a b c":42}""")]
    [InlineData("a = foo [1]", null)]
    [InlineData("a = foo {x=1}", null)]
    // Array and object concatenation
    [InlineData("a : { b : 1, c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : { b : 1 } { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : { b : 1 } | a : { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : [ 1, 2 ] [ 3, 4 ]", """{"a":[1,2,3,4]}""")]
    [InlineData("a : [ 1, 2 ] | a : ${a} [ 3, 4 ]", """{"a":[1,2,3,4]}""")]
    [InlineData("generic = { size = 6 } | east = ${generic} { name = \"east\" }", """{"generic":{"size":6},"east":{"size":6,"name":"east"}}""")]
    [InlineData("generic = { size = 6 } | east = ${generic} | east { size = 7 }", """{"generic":{"size":6},"east":{"size":7}}""")]
    [InlineData("path = [ /bin ] | path = ${path} [ /usr/bin ]", """{"path":["/bin","/usr/bin"]}""")]
    [InlineData("a = [1] {b: 2}", null)]
    [InlineData("a = [1] | [2]", null)]
    [InlineData("[ 1 2 3 4 ]", """["1 2 3 4"]""")]
    [InlineData("[ [ 1, 2 ] [ 3, 4 ] ]", "[[1,2,3,4]]")]
    [InlineData("[ [ 1, 2 ] | [ 3, 4 ] ]", "[[1,2],[3,4]]")]
    [InlineData("name = N, world = W | a = [ my name is ${name}, Hello ${world} ]", """{"name":"N","world":"W","a":["my name is N","Hello W"]}""")]
    // Path expressions
    [InlineData("foo.bar.\"hello.world\" = 1", """{"foo":{"bar":{"hello.world":1}}}""")]
    [InlineData("10.0foo = 1", """{"10":{"0foo":1}}""")]
    [InlineData("foo10.0 = 1", """{"foo10":{"0":1}}""")]
    [InlineData("foo\"10.0\" = 1", """{"foo10.0":1}""")]
    [InlineData("1.2.3 = 1", """{"1":{"2":{"3":1}}}""")]
    [InlineData("a.\"\".b = 1", """{"a":{"":{"b":1}}}""")]
    [InlineData("a..b = 1", null)]
    [InlineData(".a = 1", null)]
    [InlineData("a. = 1", null)]
    // Paths as keys
    [InlineData("foo.bar.baz : 42", """{"foo":{"bar":{"baz":42}}}""")]
    [InlineData("a.x : 42, a.y : 43", """{"a":{"x":42,"y":43}}""")]
    [InlineData("true : 42 | 3 : 42", """{"true":42,"3":42}""")]
    [InlineData("3.14 : 42", """{"3":{"14":42}}""")]
    [InlineData("${a} = 1", null)]
    [InlineData("[1] = 1", null)]
    public void Concatenation_and_paths(string text, string? expected) => Holds(text, expected);

    [Theory]
    [InlineData("animal.favorite = cat | key : ${animal.favorite} is my favorite animal", """{"animal":{"favorite":"cat"},"key":"cat is my favorite animal"}""")]
    [InlineData("animal.favorite = cat | key : ${animal.favorite}\" is my favorite animal\"", """{"animal":{"favorite":"cat"},"key":"cat is my favorite animal"}""")]
    [InlineData("a = \"${b}\" | b = 1", """{"a":"${b}","b":1}""")]
    [InlineData("a = ${b} | b = 1 | b = 2", """{"a":2,"b":2}""")]
    [InlineData("a = ${b} | b = [1, {c: true}]", """{"a":[1,{"c":true}],"b":[1,{"c":true}]}""")]
    [InlineData("a = ${nothing}", null)]
    [InlineData("a = ${ ?nothing}", null)]
    [InlineData("a = ${b.${c}}", null)]
    [InlineData("a = ${b", null)]
    [InlineData("a = $b", null)]
    [InlineData("a = ${?nothing}", "{}")]
    [InlineData("a = 1 | a = ${?nothing}", """{"a":1}""")]
    [InlineData("a = [1, ${?nothing}, 2]", """{"a":[1,2]}""")]
    [InlineData("a = x${?nothing}y | b = ${?nothing} [1] | c = ${?nothing} {d: 1}", """{"a":"xy","b":[1],"c":{"d":1}}""")]
    [InlineData("a : ${?bar}${?baz}", "{}")]
    [InlineData("b = null | a = ${b} | c = ${b}x", """{"b":null,"a":null,"c":"nullx"}""")]
    [InlineData("a.\"b.c\" = 1 | d = ${a.\"b.c\"}", """{"a":{"b.c":1},"d":1}""")]
    // Self-referential substitutions
    [InlineData("path : \"a:b:c\" | path : ${path}\":d\"", """{"path":"a:b:c:d"}""")]
    [InlineData("a : ${a}", null)]
    [InlineData("a : ${a}bc", null)]
    [InlineData("a : { b : ${a} }", null)]
    [InlineData("a : [${a}]", null)]
    [InlineData("a = { x : 42, y : ${a.x} }", """{"a":{"x":42,"y":42}}""")]
    [InlineData("a += 1 | a += 2", """{"a":[1,2]}""")]
    [InlineData("x { a = [0] | a += {b: 1} }", """{"x":{"a":[0,{"b":1}]}}""")]
    [InlineData("a = text | a += 1", null)]
    [InlineData("a.b.c += 1 | a { b { c += 2 } }", """{"a":{"b":{"c":[1,2]}}}""")]
    // Examples of self-referential substitutions
    [InlineData("foo : { a : 1 } | foo : ${foo}", """{"foo":{"a":1}}""")]
    [InlineData("foo : ${foo} | foo : { a : 1 }", null)]
    [InlineData("foo : ${?foo}", "{}")]
    [InlineData("foo : ${does-not-exist} | foo : 42", """{"foo":42}""")]
    [InlineData("foo : ${foo} | foo : 42", """{"foo":42}""")]
    [InlineData("foo : { a : { c : 1 } } | foo : ${foo.a} | foo : { a : 2 }", """{"foo":{"a":2,"c":1}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", """{"bar":{"foo":42,"baz":42}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} } | bar : { foo : 43 }", """{"bar":{"foo":43,"baz":43}}""")]
    [InlineData("bar : { a : ${foo.d}, b : 1 } | bar.b = 3 | foo : { c : ${bar.b}, d : 2 } | foo.d = 4", """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""")]
    [InlineData("a = ${?a}foo", """{"a":"foo"}""")]
    [InlineData("bar : ${foo} | foo : ${bar}", null)]
    [InlineData("a : ${b} | b : ${c} | c : ${a}", null)]
    [InlineData("a : ${?b} | b : ${?a}", "{}")]
    [InlineData("a : 1 | b : 2 | a : ${b} | b : ${a}", """{"a":1,"b":1}""")]
    [InlineData("a : { b : ${?a} }", """{"a":{}}""")]
    [InlineData("a = 1 | a = ${a}2 | a = ${a}3 | b = ${a}", """{"a":"123","b":"123"}""")]
    [InlineData("base { v = 1, twice = ${base.v}${base.v} } | base.v = 2 | other = ${base} { v = 3 }", """{"base":{"v":2,"twice":"22"},"other":{"v":3,"twice":"22"}}""")]
    // Conversion of numerically-indexed objects, where a list is joined
    [InlineData("a = { \"0\" : x, \"2\" : z, \"1\" : y, n : 1 } | b = ${a} [w]", """{"a":{"0":"x","2":"z","1":"y","n":1},"b":["x","y","z","w"]}""")]
    [InlineData("a = { n : 1 } | b = ${a} [w]", null)]
    public void Substitutions(string text, string? expected) => Holds(text, expected);

    [Theory]
    [InlineData("a = ${HOME}", """{"a":"/home/of"}""")]
    [InlineData("a = ${?HOME}/x", """{"a":"/home/of/x"}""")]
    [InlineData("HOME = null | a = ${HOME}", """{"HOME":null,"a":null}""")]
    [InlineData("HOME = mine | a = ${HOME}", """{"HOME":"mine","a":"mine"}""")]
    [InlineData("a = ${?EMPTY}", """{"a":""}""")]
    public void Environment(string text, string expected) =>
        HoconJson.Of(Lines(text), environment: name => name switch { "HOME" => "/home/of", "EMPTY" => "", _ => null }).ShouldBe(expected);

    [Theory]
    [InlineData("include \"foo\"", "x = 1", """{"x":1}""")]
    [InlineData("x = 0 | include \"foo.conf\" | y = 2", "x = 1, y = 1", """{"x":1,"y":2}""")]
    [InlineData("a : { include \"foo.conf\" }", "{ x : 10, y : ${x} }", """{"a":{"x":10,"y":10}}""")]
    [InlineData("a : { include \"foo.conf\" } | a : { x : 42 }", "{ x : 10, y : ${x} }", """{"a":{"x":42,"y":42}}""")]
    [InlineData("r = 5 | a : { include \"foo.conf\" }", "{ y : ${r} }", """{"r":5,"a":{"y":5}}""")]
    [InlineData("a.b : { include file(\"foo.conf\") }", "c += 1, c += 2", """{"a":{"b":{"c":[1,2]}}}""")]
    [InlineData("include file( \"foo.conf\" ), z = 1", "x = 1", """{"x":1,"z":1}""")]
    [InlineData("include required(file(\"foo.conf\"))", "x = 1", """{"x":1}""")]
    [InlineData("include required(\"foo.conf\") | z = 1", "x = 1", """{"x":1,"z":1}""")]
    [InlineData("include | \"foo.conf\"", "x = 1", """{"x":1}""")]
    [InlineData("a = [{ include \"foo.conf\" }]", "x = 1", """{"a":[{"x":1}]}""")]
    [InlineData("include \"missing\" | a = 1", "", """{"a":1}""")]
    [InlineData("include required(\"missing\")", "", null)]
    [InlineData("include \"foo.conf\"", "[1]", null)]
    [InlineData("include \"foo.conf\"", "x = {", null)]
    [InlineData("include url(\"http://example.com\")", "", null)]
    [InlineData("include classpath(\"foo.conf\")", "", null)]
    [InlineData("include foo.conf", "", null)]
    [InlineData("include = 1", "", null)]
    [InlineData("include \"foo.conf\" x", "", null)]
    [InlineData("include file(\"foo.conf\"", "", null)]
    [InlineData("foo include : 42", "", """{"foo include":42}""")]
    [InlineData("foo : include", "", """{"foo":"include"}""")]
    [InlineData("[ include ]", "", """["include"]""")]
    [InlineData("\"include\" : 42", "", """{"include":42}""")]
    public void Includes(string text, string included, string? expected) => Holds(text, expected, new MemoryFiles(("foo.conf", included)));

    internal static string Lines(string row) => row.Replace(" | ", "\n", StringComparison.Ordinal);

    private static void Holds(string row, string? expected, MemoryFiles? files = null)
    {
        if (expected is null) HoconJson.ErrorsOf(Lines(row), files).ShouldNotBeEmpty();
        else HoconJson.Of(Lines(row), files).ShouldBe(expected);
    }
}
