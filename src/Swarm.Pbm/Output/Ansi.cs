namespace Swarm.Pbm.Output;

/// <summary>The few sequences that move a terminal's cursor.</summary>
internal static class Ansi
{
    /// <summary>To the upper left corner, everything below it cleared.</summary>
    public const string ClearScreen = "\e[H\e[J";

    /// <summary>Clears from the cursor to the end of the line.</summary>
    public const string ClearToEnd = "\e[K";

    /// <summary>To a column of the line, 0 first.</summary>
    public static string ToColumn(int column) => $"\r{(column > 0 ? $"\e[{column}C" : "")}";
}
