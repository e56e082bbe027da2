namespace Swarm.Hocon;

/// <summary>Where something was written. Every value and every error has one, so that a person finds the place.</summary>
/// <param name="Source">A file's path, or the name of what else was read, such as "environment variable X".</param>
/// <param name="Line">From 1; 0 if the source has no lines.</param>
/// <param name="Column">From 1, in UTF-16 units; 0 if the source has no lines.</param>
public readonly record struct HoconOrigin(string Source, int Line, int Column)
{
    /// <summary>As compilers write it: <c>file:line:column</c>.</summary>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}
