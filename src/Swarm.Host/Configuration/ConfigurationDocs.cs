using System.Collections.Immutable;
using System.Text;
using Swarm.Hocon;

namespace Swarm.Host.Configuration;

/// <summary>
/// Makes docs/configuration.md of reference.conf: of each key the default and the comment right above it. So what is said of a key is said once. Pure.
/// </summary>
internal static class ConfigurationDocs
{
    private const string Head =
        """
        # Configuration

        <!-- Made of hocon/reference.conf by 'swarm config docs'; a test fails if it is not what that prints. -->

        Swarm is configured in [HOCON](https://github.com/lightbend/config/blob/main/HOCON.md): JSON that people can write, with comments, durations (`30 s`), sizes (`64 MiB`), `include "other.conf"`
        and references (`${?HOME}`). Nothing has to be configured. What is comes from four places, each overriding those before it:

        1. the defaults below;
        2. a file: the one of `--config FILE`; for the daemon (`swarm serve`) and `swarm config` else `/etc/swarm/swarm.conf`, if it is there;
        3. the environment: `SWARM__NET__UPLOAD_LIMIT="2 MiB"` is `swarm.net.upload-limit` (two underscores are a dot, one is a hyphen);
        4. the command line: `--set net.upload-limit=2MiB`, and the options that are short for a key, such as `--upload-limit 2MiB`.

        A value that begins with `[`, `{` or `"` is read as HOCON in the last two places too: `--set 'node.listen=["192.0.2.7:6881"]'`.

        `swarm config check` tells everything that is wrong, with file, line and the key that was probably meant; `swarm config show [KEY]` prints what holds, with `--origin` where each value was written.

        """;

    /// <summary>The document.</summary>
    /// <param name="reference">The text of reference.conf.</param>
    public static string Write(string reference)
    {
        var lines = reference.Split('\n');
        var (root, _) = HoconDocument.Resolve([HoconDocument.Parse(reference, "reference.conf")]);
        var text = new StringBuilder(Head).Append('\n');
        WriteGroup(text, (HoconObject)root, [], lines);
        return text.ToString();
    }

    // First the keys of a group, a row each, then the groups inside of it.
    private static void WriteGroup(StringBuilder text, HoconObject group, ImmutableArray<string> path, string[] lines)
    {
        var keys = group.Fields.Where(field => field.Value is not HoconObject { Fields.IsEmpty: false }).ToList();
        if (keys.Count > 0)
        {
            text.Append("| key | default | |\n|---|---|---|\n");
            foreach (var key in keys) text.Append($"| `{HoconPath.Join(path.Add(key.Name))}` | `{ConfigurationText.Write(key.Value)}` | {CommentAbove(key.Origin.Line, lines).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
            text.Append('\n');
        }

        foreach (var field in group.Fields)
        {
            if (field.Value is not HoconObject { Fields.IsEmpty: false } inner) continue;
            text.Append($"{new string('#', Math.Min(2 + path.Length, 4))} {HoconPath.Join(path.Add(field.Name))}\n\n{CommentAbove(field.Origin.Line, lines)}\n\n");
            WriteGroup(text, inner, path.Add(field.Name), lines);
        }
    }

    // Lines that begin with '#' right above a line, as one paragraph.
    private static string CommentAbove(int line, string[] lines)
    {
        var first = line - 1;
        while (first > 0 && lines[first - 1].TrimStart().StartsWith('#')) first--;
        return string.Join(' ', lines[first..(line - 1)].Select(comment => comment.Trim().TrimStart('#').Trim()));
    }
}
