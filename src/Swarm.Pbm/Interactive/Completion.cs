namespace Swarm.Pbm.Interactive;

/// <summary>What Tab does with the word before the cursor. Pure.</summary>
internal static class Completion
{
    /// <summary>The word that is being typed.</summary>
    public static string Word(string line, int cursor) => line[(line.LastIndexOf(' ', Math.Max(cursor - 1, 0), Math.Max(cursor, 0)) + 1)..cursor];

    /// <summary>
    /// What to insert: the rest of the only candidate and a space, or as much as all have in common. Empty if that is nothing: then <paramref name="candidates"/> are to be listed.
    /// </summary>
    public static string Insertion(string word, IReadOnlyList<string> candidates)
    {
        if (candidates.Count == 0) return "";
        if (candidates.Count == 1) return candidates[0][word.Length..] + " ";
        var common = candidates.Aggregate((left, right) => left[..left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count()]);
        return common.Length > word.Length ? common[word.Length..] : "";
    }
}
