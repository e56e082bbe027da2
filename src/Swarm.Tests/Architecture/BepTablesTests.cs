using System.Globalization;

namespace Swarm.Tests.Architecture;

/// <summary>README's table of BEPs and docs/beps.md name the same ones: who adds or drops one says so in both.</summary>
public sealed class BepTablesTests
{
    [Fact]
    public void Readme_and_the_list_of_beps_name_the_same_ones() => Numbers("README.md").Order().ShouldBe(Numbers("docs/beps.md").Order());

    [Fact]
    public void What_works_in_part_says_so_in_the_readme() =>
        Rows("README.md").Select(row => row[3].Trim()).ShouldAllBe(state => state.StartsWith("yes", StringComparison.Ordinal) || state.StartsWith("partial: ", StringComparison.Ordinal));

    // The first cell is a number or several, and perhaps a title: "42, 43", "5 DHT".
    private static IEnumerable<int> Numbers(string file) =>
        from row in Rows(file)
        from word in row[1].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word.All(char.IsAsciiDigit))
        select int.Parse(word, CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Path.Combine(Repository.Root, file)).Select(line => line.Split('|')).Where(cells => cells.Length > 3 && cells[1].TrimStart() is [>= '0' and <= '9', ..]);
}
