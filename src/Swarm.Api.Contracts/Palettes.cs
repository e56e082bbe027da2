namespace Swarm.Api.Contracts;

// What a command line for the node is made of: the node says which commands it has, so that a program that is older than the node offers them all. A program renders what it knows here
// and leaves out what it does not: new members may come, and new names in the enumerations, which is why those are strings on the wire.

/// <summary>All palettes a node offers.</summary>
public sealed record PaletteBook(string Version, IReadOnlyList<Palette> Items);

/// <summary>A group of commands: "torrents".</summary>
public sealed record Palette(string Name, string Description, IReadOnlyList<PaletteCommand> Commands);

/// <summary>One command: how it is written, which request it makes, and how the answer is shown.</summary>
public sealed record PaletteCommand
{
    /// <summary>Its name within the palette: "pause".</summary>
    public required string Name { get; init; }

    /// <summary>One line on what it does.</summary>
    public required string Description { get; init; }

    /// <summary>GET, POST, PUT, PATCH or DELETE.</summary>
    public required string Method { get; init; }

    /// <summary>The address, with {arguments} of <see cref="ArgumentPlace.Path"/> in braces, by their <see cref="PaletteArgument.Field"/>: "/api/v1/torrents/{hash}/explain".</summary>
    public required string Path { get; init; }

    /// <summary>The key's scope it takes beyond loopback: "viewer", "operator" or "admin".</summary>
    public required string Scope { get; init; }

    /// <summary>Arguments, those with a position first, in that order.</summary>
    public IReadOnlyList<PaletteArgument> Arguments { get; init => field = value ?? []; } = [];

    /// <summary>How the answer is shown.</summary>
    public required PaletteOutput Output { get; init; }

    /// <summary>Ask before it is run by hand: it takes something away.</summary>
    public bool Confirm { get; init; }

    /// <summary>An example, as it is written after the program's name.</summary>
    public string? Example { get; init; }
}

/// <summary>Where an argument goes in the request.</summary>
public static class ArgumentPlace
{
    /// <summary>Into the address.</summary>
    public const string Path = "path";

    /// <summary>Into the query.</summary>
    public const string Query = "query";

    /// <summary>Into a member of the JSON body. A field with dots is a member of a member: "change.name".</summary>
    public const string Body = "body";
}

/// <summary>What an argument is.</summary>
public static class ArgumentType
{
    /// <summary>Text as it stands.</summary>
    public const string Text = "text";

    /// <summary>A whole number.</summary>
    public const string Integer = "integer";

    /// <summary>A number.</summary>
    public const string Number = "number";

    /// <summary>true or false; as an option, its presence is true.</summary>
    public const string Boolean = "boolean";

    /// <summary>Bytes a second with a suffix (K, M, G); a number on the wire.</summary>
    public const string Rate = "rate";

    /// <summary>Seconds, or with a suffix (s, m, h, d); whole seconds on the wire.</summary>
    public const string Seconds = "seconds";

    /// <summary>A torrent's hash, or a beginning of it of at least 6 digits.</summary>
    public const string Hash = "hash";

    /// <summary>
    /// A torrent to add. The path of a .torrent file on this machine is read and sent in base64 as the body's member "metainfo"; anything else is sent as it is, as the body's member "source".
    /// </summary>
    public const string Torrent = "torrent";
}

/// <summary>An argument of a command.</summary>
public sealed record PaletteArgument
{
    /// <summary>As it is named in help, and as an option: "download-limit" is --download-limit.</summary>
    public required string Name { get; init; }

    /// <summary>One line.</summary>
    public required string Help { get; init; }

    /// <summary>One of <see cref="ArgumentType"/>.</summary>
    public required string Type { get; init; }

    /// <summary>One of <see cref="ArgumentPlace"/>.</summary>
    public required string Place { get; init; }

    /// <summary>Its name in the request.</summary>
    public required string Field { get; init; }

    /// <summary>0 for the first positional argument; absent for an option.</summary>
    public int? Position { get; init; }

    /// <summary>The command is refused without it.</summary>
    public bool Required { get; init; }

    /// <summary>May be given several times; a list on the wire.</summary>
    public bool Repeats { get; init; }

    /// <summary>
    /// Where this is given the node answers late: the member of the body in which the program says how many seconds it waits at most, so that the node says what became of it before that. Absent: the node answers at once.
    /// </summary>
    public string? Patience { get; init; }

    /// <summary>What may be given, where that is a closed list.</summary>
    public IReadOnlyList<string>? Choices { get; init; }
}

/// <summary>How an answer is shown.</summary>
public static class OutputKind
{
    /// <summary>A table over the list at <see cref="PaletteOutput.Items"/>.</summary>
    public const string Table = "table";

    /// <summary>Name and value, a line for each column, of the answer itself.</summary>
    public const string Record = "record";

    /// <summary>A line for each event of a stream of server-sent events, until interrupted.</summary>
    public const string Stream = "stream";
}

/// <summary>How the answer of a command is shown.</summary>
public sealed record PaletteOutput
{
    /// <summary>One of <see cref="OutputKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The member of the answer that is the list, for a table.</summary>
    public string? Items { get; init; }

    /// <summary>The columns, or lines.</summary>
    public required IReadOnlyList<PaletteColumn> Columns { get; init; }

    /// <summary>The member whose text the next page is asked for by, as "cursor"; absent where there is one page.</summary>
    public string? Next { get; init; }

    /// <summary>The member of a list's element that says whether the command was done for it; where one is false, the program ends with an error.</summary>
    public string? Success { get; init; }
}

/// <summary>How a value is shown.</summary>
public static class ColumnFormat
{
    /// <summary>As it is.</summary>
    public const string Text = "text";

    /// <summary>A number, to the right.</summary>
    public const string Number = "number";

    /// <summary>Bytes.</summary>
    public const string Bytes = "bytes";

    /// <summary>Bytes a second.</summary>
    public const string Rate = "rate";

    /// <summary>0 to 1, as per cent.</summary>
    public const string Percent = "percent";

    /// <summary>Seconds, as a span of time.</summary>
    public const string Seconds = "seconds";

    /// <summary>A moment.</summary>
    public const string Moment = "moment";

    /// <summary>A hash: its first 8 digits where space is short.</summary>
    public const string Hash = "hash";

    /// <summary>Text that is set in by the element's member "depth": a tree.</summary>
    public const string Tree = "tree";

    /// <summary>A list of texts, with commas.</summary>
    public const string List = "list";

    /// <summary>An object of texts: "name: value", with commas.</summary>
    public const string Map = "map";
}

/// <summary>A column: the member of the element it shows (dots lead into members of members), its heading, and one of <see cref="ColumnFormat"/>.</summary>
public sealed record PaletteColumn(string Field, string Header, string Format);
