using Swarm.Api.Contracts;

namespace Swarm.Host.Api.Palettes;

/// <summary>What palettes are written with, so that a command is a line or two.</summary>
internal static class PaletteParts
{
    /// <summary>One torrent, in the address.</summary>
    public static PaletteArgument OneTorrent { get; } = Positional(0, "hash", "The torrent: its hash, or a beginning of it.", ArgumentType.Hash, "hash", ArgumentPlace.Path);

    /// <summary>Torrents, in the body.</summary>
    public static PaletteArgument ManyTorrents { get; } =
        Positional(0, "hash", "The torrents: their hashes, or beginnings of them.", ArgumentType.Hash, "hashes", ArgumentPlace.Body) with { Repeats = true };

    /// <summary>What became of a command for several torrents.</summary>
    public static PaletteOutput Report { get; } = Table(Column("hash", "Torrent", ColumnFormat.Hash), Column("done", "Done"), Column("detail", "Why not")) with { Success = "done" };

    /// <summary>A command that only looks.</summary>
    public static PaletteCommand Get(string name, string description, string path, PaletteOutput output) =>
        new() { Name = name, Description = description, Method = "GET", Path = path, Scope = Scopes.Viewer, Output = output };

    /// <summary>A command that changes something.</summary>
    public static PaletteCommand Change(string name, string description, string method, string path, PaletteOutput output) =>
        new() { Name = name, Description = description, Method = method, Path = path, Scope = Scopes.Operator, Output = output };

    /// <summary>A table over the answer's "items".</summary>
    public static PaletteOutput Table(params PaletteColumn[] columns) => new() { Kind = OutputKind.Table, Items = "items", Columns = columns };

    /// <summary>The answer, a line for each member.</summary>
    public static PaletteOutput Record(params PaletteColumn[] columns) => new() { Kind = OutputKind.Record, Columns = columns };

    /// <summary>A column.</summary>
    public static PaletteColumn Column(string field, string header, string format = ColumnFormat.Text) => new(field, header, format);

    /// <summary>An argument that is named by its place; required.</summary>
    public static PaletteArgument Positional(int position, string name, string help, string type, string field, string place) =>
        new() { Name = name, Help = help, Type = type, Field = field, Place = place, Position = position, Required = true };

    /// <summary>An option that goes into the query under its own name.</summary>
    public static PaletteArgument Query(string name, string help, string type) => new() { Name = name, Help = help, Type = type, Field = name, Place = ArgumentPlace.Query };

    /// <summary>An option that goes into the body.</summary>
    public static PaletteArgument Option(string name, string help, string type, string field) => new() { Name = name, Help = help, Type = type, Field = field, Place = ArgumentPlace.Body };
}
