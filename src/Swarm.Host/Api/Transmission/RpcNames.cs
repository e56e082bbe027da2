using System.Text;

namespace Swarm.Host.Api.Transmission;

/// <summary>
/// The two spellings of Transmission's RPC. Since 4.1 every word is in snake_case; before, some were in kebab-case and some in camelCase, method by method. Here everything is written in
/// snake_case, and the old spelling is made of it on the way out (and unmade on the way in), so that an operation is written once.
/// </summary>
internal static class RpcNames
{
    // The old spellings that are neither their method's rule.
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["torrent_get/is_utp"] = "isUTP",
        ["torrent_get/file_count"] = "file-count",
        ["torrent_get/primary_mime_type"] = "primary-mime-type",
        ["torrent_get/peer_limit"] = "peer-limit",
        ["session_get/seed_ratio_limit"] = "seedRatioLimit",
        ["session_get/seed_ratio_limited"] = "seedRatioLimited",
        ["session_stats/cumulative_stats"] = "cumulative-stats",
        ["session_stats/current_stats"] = "current-stats",
        ["torrent_add/hash_string"] = "hashString",
        ["free_space/total_size"] = "total_size",
    };

    /// <summary>A word of either spelling in snake_case: "hashString", "download-dir".</summary>
    public static string ToSnake(string word)
    {
        var snake = new StringBuilder(word.Length + 8);
        for (var i = 0; i < word.Length; i++)
        {
            var c = word[i];
            // "isUTP" is two words.
            if (char.IsAsciiLetterUpper(c) && i > 0 && char.IsAsciiLetterLower(word[i - 1])) snake.Append('_');
            snake.Append(c == '-' ? '_' : char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }

    /// <summary>A word of an answer in the old spelling of its method.</summary>
    public static string ToLegacy(string method, string word)
    {
        if (!word.Contains('_')) return word;
        if (Exceptions.TryGetValue($"{method}/{word}", out var exception)) return exception;
        return method is "torrent_get" or "session_stats" ? ToCamel(word) : word.Replace('_', '-');
    }

    private static string ToCamel(string word)
    {
        var camel = new StringBuilder(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == '_' && i + 1 < word.Length) camel.Append(char.ToUpperInvariant(word[++i]));
            else camel.Append(word[i]);
        }

        return camel.ToString();
    }
}
