namespace Swarm.Hocon.Syntax;

/// <summary>One key of a path, and where the path was written.</summary>
internal readonly record struct PathElement(string Name, HoconOrigin Origin);
