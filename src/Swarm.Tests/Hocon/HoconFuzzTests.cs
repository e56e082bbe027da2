using System.Text;
using Swarm.Hocon;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Hocon;

/// <summary>Fuzz test of the whole reader (Tokenizer, Parser, Resolver): hostile texts are read or refused, never break anything, and every error has a place in the text.</summary>
public sealed class HoconFuzzTests
{
    private static readonly string[] Seeds =
    [
        "a { b = 1, c : [1, 2, {x: \"y\"}] }\nd = ${a.b} text ${?a.z}\n# comment\ne += 3\ne += ${a}\n",
        "path = [ /bin ]\npath = ${path} [ \"\"\"x\ny\"\"\" ]\nbase { v = 10s }\nother = ${base} { w = 64 MiB }\n",
        "include \"inc.conf\"\na.b.\"c.d\" = true\nx { include file(\"inc.conf\") }\nq = ${x.p}${x.p}\n",
        """{"s":"a\u0041\n\"","n":-1.5e+3,"t":true,"z":null,"o":{"x":[1,[],{}]}}""",
        "a = ${b}\nb = ${?c}\nc = ${a}\nd = { e : ${?d} }\nf = [${f}]\n",
    ];

    [Fact]
    public void Hostile_texts_are_refused_or_read_and_never_break_anything()
    {
        var files = new MemoryFiles(("inc.conf", "p = 1\nr = ${p}\nl += ${?r}"));
        var limits = new HoconLimits { MaxDepth = 12, MaxSubstitutionDepth = 20, MaxResolutionSteps = 5_000, MaxConcatenatedLength = 5_000 };
        int read = 0, refused = 0;
        foreach (var input in Fuzz.Inputs(seed: 6, count: 60_000, [.. Seeds.Select(Encoding.UTF8.GetBytes)], "{}[]:=,+\"$?\\#/. \nab1e-"u8.ToArray()))
        {
            var text = Encoding.UTF8.GetString(input);
            var document = HoconDocument.Parse(text, "main.conf", files, limits);
            var errors = document.Errors;
            if (errors.IsEmpty)
            {
                (var value, errors) = HoconDocument.Resolve([document], static _ => null, limits);
                HoconJson.Write(value).ShouldNotBeEmpty();
            }

            foreach (var error in errors.Where(error => error.Origin.Source == "main.conf")) error.Origin.Line.ShouldBeInRange(1, text.Count(c => c == '\n') + 1, text);
            if (errors.IsEmpty) read++;
            else refused++;
        }

        read.ShouldBeGreaterThan(1000);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void What_is_json_means_what_it_means_in_json()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var json = AnyJson(random, 0);
            HoconJson.Of($"{{\"v\":{json}}}").ShouldBe($"{{\"v\":{json}}}");
        }
    }

    private static string AnyJson(Random random, int depth) => random.Next(depth > 3 ? 4 : 6) switch
    {
        0 => random.Next(-1000, 1000).ToString(),
        1 => HoconPath.QuoteText(new string([.. Enumerable.Range(0, random.Next(8)).Select(_ => (char)random.Next(1, 300))])),
        2 => random.Next(2) == 0 ? "true" : "null",
        3 => $"{random.Next(100)}.{random.Next(1, 9)}e{random.Next(-9, 9)}",
        4 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => AnyJson(random, depth + 1)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(i => $"\"k{i}\":{AnyJson(random, depth + 1)}"))}}}",
    };
}
