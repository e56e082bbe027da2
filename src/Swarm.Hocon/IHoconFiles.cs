namespace Swarm.Hocon;

/// <summary>Where <c>include</c> reads from. One implementation reads files (<see cref="HoconFiles"/>); a test has another.</summary>
public interface IHoconFiles
{
    /// <summary>The path of an included file.</summary>
    /// <param name="name">As written, absolute or relative.</param>
    /// <param name="includingFile">The path of the file that says so; a relative name lies beside it.</param>
    string Locate(string name, string includingFile);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">From <see cref="Locate"/>.</param>
    /// <param name="maxLength">A file of more characters is refused, and need not be read for it.</param>
    HoconText Read(string path, int maxLength);
}

/// <summary>A file's content, or why there is none.</summary>
/// <param name="Content">The text; null if it was not read.</param>
/// <param name="Problem">Why it could not be read, one line; null together with <paramref name="Content"/>: there is no such file.</param>
public readonly record struct HoconText(string? Content, string? Problem);
