using System.Xml.Linq;

namespace Swarm.Tests.Architecture;

/// <summary>Which project may reference which, and which packages the pure ones may use: read from the project files and held against a table.</summary>
internal static class References
{
    private static readonly string[] Logging = ["Microsoft.Extensions.Logging.Abstractions"];

    /// <summary>For each project, in order: the projects it may reference, and the packages, or null where those are its own affair.</summary>
    public static IReadOnlyList<(string Project, string[] Projects, string[]? Packages)> Allowed { get; } =
    [
        ("Swarm.Kernel", [], Logging),
        ("Swarm.Protocol", [], []),
        ("Swarm.Actors", ["Swarm.Kernel", "Swarm.Protocol"], [.. Logging, "Akka"]),
        ("Swarm.Io", ["Swarm.Kernel", "Swarm.Protocol", "Swarm.Actors"], null),
        ("Swarm.TestKit", ["Swarm.Kernel", "Swarm.Protocol", "Swarm.Actors"], null),
        ("Swarm.Hocon", [], ["Microsoft.Extensions.Configuration"]),
        ("Swarm.Api.Contracts", [], []),
        ("Swarm.Host", ["Swarm.Kernel", "Swarm.Protocol", "Swarm.Actors", "Swarm.Io", "Swarm.Hocon", "Swarm.Api.Contracts"], null),
        ("Swarm.Sim", ["Swarm.Kernel", "Swarm.Protocol", "Swarm.Actors", "Swarm.TestKit"], null),
        ("Swarm.Pbm", ["Swarm.Api.Contracts"], null),
        ("Swarm.Tests", ["Swarm.Kernel", "Swarm.Protocol", "Swarm.Actors", "Swarm.Io", "Swarm.TestKit", "Swarm.Hocon", "Swarm.Host", "Swarm.Sim", "Swarm.Pbm", "Swarm.Api.Contracts"], null),
    ];

    /// <summary>What a project file references beyond its line of the table. <paramref name="imported"/> gives the text of a file that it imports, by name.</summary>
    public static IEnumerable<Violation> Violations(string path, string text, Func<string, string> imported)
    {
        var project = Path.GetFileNameWithoutExtension(path);
        var row = Allowed.FirstOrDefault(row => row.Project == project);
        if (row.Project is null)
        {
            yield return new Violation(path, 1, $"{project} is not in the table of projects");
            yield break;
        }

        var document = XDocument.Parse(text, LoadOptions.SetLineInfo);
        var parts = document.Descendants("Import").Attributes("Project")
            .Select(import => XDocument.Parse(imported(Path.GetFileName(import.Value.Replace('\\', '/'))), LoadOptions.SetLineInfo)).Prepend(document);
        foreach (var element in parts.SelectMany(part => part.Descendants()).Where(element => element.Attribute("Include") is not null))
        {
            var name = Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/'));
            var line = ((System.Xml.IXmlLineInfo)element).LineNumber;
            if (element.Name == "ProjectReference" && !row.Projects.Contains(name)) yield return new Violation(path, line, $"{project} may not reference {name}");
            var package = element.Attribute("Include")!.Value;
            if (element.Name == "PackageReference" && row.Packages?.Contains(package) == false) yield return new Violation(path, line, $"{project} may not use {package}");
        }
    }
}
