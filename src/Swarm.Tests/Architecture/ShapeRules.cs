using System.Text.RegularExpressions;

namespace Swarm.Tests.Architecture;

/// <summary>Rules about the shape of sources: sizes, namespaces, records, loops. They need to know where a type or a member begins and ends.</summary>
internal static partial class ShapeRules
{
    /// <summary>The most lines of a file.</summary>
    public const int FileLines = 400;

    /// <summary>The most lines of a member, from its first line (attributes not counted) to its closing brace.</summary>
    public const int MemberLines = 60;

    /// <summary>A file is read in one sitting.</summary>
    public static IEnumerable<Violation> FilesAreShort(SourceFile source)
    {
        var lines = source.Lines is [.., ""] ? source.Lines.Length - 1 : source.Lines.Length;
        if (lines > FileLines) yield return source.At(FileLines, $"has {lines} lines, more than {FileLines}");
    }

    /// <summary>A method fits on a screen.</summary>
    public static IEnumerable<Violation> MembersAreShort(SourceFile source) =>
        from member in Members(source)
        let lines = member.Last - member.First + 1
        where lines > MemberLines
        select source.At(member.First, $"has {lines} lines, more than {MemberLines}: {source.Code[member.First].Trim()}");

    /// <summary>A namespace is its folder.</summary>
    public static IEnumerable<Violation> NamespaceIsTheFolder(SourceFile source)
    {
        if (!source.Path.StartsWith("src/", StringComparison.Ordinal)) yield break;
        var expected = source.Path[4..source.Path.LastIndexOf('/')].Replace('/', '.');
        foreach (Match match in Namespace().Matches(source.AllCode))
        {
            if (match.Groups["namespace"].Value != expected) yield return source.At(source.LineAt(match.Groups["namespace"].Index), $"is in namespace {match.Groups["namespace"].Value}, not {expected}");
        }
    }

    /// <summary>Messages are immutable: a record is sealed or abstract, a record struct is readonly, and none holds an array, a mutable collection or a setter.</summary>
    public static IEnumerable<Violation> RecordsAreImmutable(SourceFile source)
    {
        foreach (Match match in RecordHead().Matches(source.AllCode))
        {
            var line = source.LineAt(match.Groups["record"].Index);
            var name = match.Groups["name"].Value;
            var modifiers = match.Groups["modifiers"].Value;
            var isStruct = match.Groups["struct"].Success;
            if (isStruct && !modifiers.Contains("readonly")) yield return source.At(line, $"record struct {name} is not readonly");
            if (!isStruct && !modifiers.Contains("sealed") && !modifiers.Contains("abstract")) yield return source.At(line, $"record {name} is not sealed");
            var (parameters, body) = PartsOf(source.AllCode, match.Index + match.Length);
            foreach (Match mutable in Mutable().Matches(parameters)) yield return source.At(line, $"record {name} carries a {mutable.Value}");
            if (Setter().IsMatch(body)) yield return source.At(line, $"record {name} has a property that can be set");
        }
    }

    /// <summary>The order of a hash table is nobody's: what is walked is ordered. Finds fields, parameters and locals that are declared as one in the same file.</summary>
    public static IEnumerable<Violation> NoWalkOverHashOrder(SourceFile source)
    {
        var names = HashDeclaration().Matches(source.AllCode).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        return from Match loop in Loop().Matches(source.AllCode)
               where names.Contains(loop.Groups["name"].Value)
               select source.At(source.LineAt(loop.Index), $"walks {loop.Groups["name"].Value} in the order of its hashes");
    }

    /// <summary>The public types that, by their names, parse what the other side sent, with the line of each. Internal ones are reached through these.</summary>
    public static IEnumerable<(string Name, int Line)> Parsers(SourceFile source) =>
        ParserType().Matches(source.AllCode).Select(match => (match.Groups["name"].Value, source.LineAt(match.Index)));

    // The members with a block, as their first and last lines. A block belongs to a member when it opens where only a type is open, unless its head is a type's or a field's.
    private static IEnumerable<(int First, int Last)> Members(SourceFile source)
    {
        var code = source.AllCode;
        var blocks = new Stack<(bool IsType, bool IsMember, int Head)>();
        var head = 0;
        var nesting = 0;
        for (var i = 0; i < code.Length; i++)
        {
            switch (code[i])
            {
                case '(' or '[':
                    nesting++;
                    break;
                case ')' or ']':
                    nesting--;
                    break;
                case ';' when nesting == 0:
                    head = i + 1;
                    break;
                case '{':
                    var text = code[head..i];
                    var isType = nesting == 0 && TypeHead().IsMatch(text);
                    var isMember = !isType && nesting == 0 && blocks.TryPeek(out var outer) && outer.IsType && !FieldHead().IsMatch(Parentheses().Replace(text, ""));
                    blocks.Push((isType, isMember, head));
                    if (nesting == 0) head = i + 1;
                    break;
                case '}' when blocks.TryPop(out var block):
                    if (block.IsMember) yield return (FirstLine(source, block.Head), source.LineAt(i));
                    if (nesting == 0) head = i + 1;
                    break;
            }
        }
    }

    private static int FirstLine(SourceFile source, int head)
    {
        var code = source.AllCode;
        while (head < code.Length && char.IsWhiteSpace(code[head])) head++;
        while (head < code.Length && code[head] == '[')
        {
            for (var depth = 0; head < code.Length; head++)
            {
                depth += code[head] == '[' ? 1 : code[head] == ']' ? -1 : 0;
                if (depth == 0) break;
            }

            head++;
            while (head < code.Length && char.IsWhiteSpace(code[head])) head++;
        }

        return source.LineAt(Math.Min(head, code.Length));
    }

    private static (string Parameters, string Body) PartsOf(string code, int from)
    {
        var parameters = Balanced(code, from, '(', ')');
        var body = Balanced(code, from + parameters.Length, '{', '}');
        return (parameters, body);
    }

    // The text from here to the end of the first balanced pair, or "" where a ';' comes first.
    private static string Balanced(string code, int from, char open, char close)
    {
        var depth = 0;
        for (var i = from; i < code.Length; i++)
        {
            if (depth == 0 && (code[i] == ';' || (open == '(' && code[i] == '{'))) return "";
            if (code[i] == open) depth++;
            if (code[i] == close && --depth == 0) return code[from..(i + 1)];
        }

        return "";
    }

    [GeneratedRegex(@"^\s*namespace\s+(?<namespace>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?<modifiers>(?:\b(?:public|private|protected|internal|sealed|abstract|readonly|partial|file|new)\s+)*)(?<record>\brecord)\s+(?:class\s+)?(?<struct>struct\s+)?(?<name>[A-Z]\w*)(?:<[^<>()]*>)?(?=\s*[({:;]|\s+where\b)")]
    private static partial Regex RecordHead();

    [GeneratedRegex(@"\b\w+(?:<[^<>]*>)?\??\[[,\s]*\]|\b(?:List|Dictionary|HashSet|Queue|Stack|SortedDictionary|SortedSet)\s*<")]
    private static partial Regex Mutable();

    [GeneratedRegex(@"\bset\s*[;{]|\bset\s*=>")]
    private static partial Regex Setter();

    [GeneratedRegex(@"\b(?:Dictionary|HashSet|ConcurrentDictionary|FrozenDictionary|FrozenSet|ImmutableDictionary|ImmutableHashSet)\s*<(?>[^<>;{}=]+|<(?<open>)|>(?<-open>))*(?(open)(?!))>\??\s+(?<name>\w+)|\bvar\s+(?<name>\w+)\s*=\s*new\s+(?:Dictionary|HashSet|ConcurrentDictionary)\s*<")]
    private static partial Regex HashDeclaration();

    [GeneratedRegex(@"\bforeach\s*\((?:[^()]|\([^()]*\))*?\bin\s+(?:this\s*\.\s*)?(?<name>\w+)\s*(?:\.\s*(?:Keys|Values)\s*)?\)")]
    private static partial Regex Loop();

    [GeneratedRegex(@"\bpublic\s+(?:(?:static|sealed|abstract|readonly|ref|partial|unsafe)\s+)*(?:class|struct|record)\s+(?:struct\s+)?(?<name>\w+(?:Parser|Decoder|Codec|Reader))\b")]
    private static partial Regex ParserType();

    [GeneratedRegex(@"(?:^|\s)(?:(?:class|struct|interface|enum|record|namespace)\s+\w|extension\s*[<(])[^=]*$")]
    private static partial Regex TypeHead();

    [GeneratedRegex(@"(?<![=!<>])=(?![>=])")]
    private static partial Regex FieldHead();

    [GeneratedRegex(@"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\[[^\[\]]*\]|operator\s*(?:==|!=|<=|>=)")]
    private static partial Regex Parentheses();
}
