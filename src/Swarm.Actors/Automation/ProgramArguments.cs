using System.Collections.Immutable;
using System.Text;
using Swarm.Actors.Torrents;

namespace Swarm.Actors.Automation;

/// <summary>
/// A command as a list of arguments with placeholders, and what becomes of it for a torrent. Pure. Each argument stays one argument whatever is in it: no shell, no splitting, and what a placeholder brings is
/// not looked at again for others.
/// </summary>
public static class ProgramArguments
{
    private static readonly ImmutableArray<string> Placeholders = ["name", "hash", "folder", "category"];

    /// <summary>The command itself, if it is one.</summary>
    /// <exception cref="ArgumentException">It is not absolute, or has a placeholder that there is not.</exception>
    public static ImmutableArray<string> Checked(ImmutableArray<string> command)
    {
        if (command.IsEmpty) return command;
        if (!Path.IsPathFullyQualified(command[0])) throw new ArgumentException($"'{command[0]}' is no program's absolute path", nameof(command));
        foreach (var argument in command.Skip(1)) Fill(argument, static _ => "");
        return command;
    }

    /// <summary>The arguments for a torrent, without the program. Zero bytes, which no argument can have, are left out.</summary>
    public static ImmutableArray<string> For(TorrentRow torrent, ImmutableArray<string> command) => [.. command.Skip(1).Select(argument => Fill(argument, name => name switch
    {
        // Not the name that people see: an operator, who may not choose what is run, could choose a path with it.
        "name" => torrent.ContentName ?? torrent.Torrent.ToString(),
        "hash" => torrent.Torrent.ToString(),
        "folder" => torrent.Folder,
        _ => torrent.Category ?? "",
    }).Replace("\0", "", StringComparison.Ordinal))];

    private static string Fill(string argument, Func<string, string> valueOf)
    {
        var filled = new StringBuilder();
        var at = 0;
        while (argument.IndexOf('{', at) is >= 0 and var open)
        {
            filled.Append(argument, at, open - at);
            var close = argument.IndexOf('}', open);
            var name = close < 0 ? argument[open..] : argument[(open + 1)..close];
            if (close < 0 || !Placeholders.Contains(name)) throw new ArgumentException($"'{argument}' has a placeholder that is none of {{{string.Join("}, {", Placeholders)}}}", nameof(argument));
            filled.Append(valueOf(name));
            at = close + 1;
        }

        return filled.Append(argument, at, argument.Length - at).ToString();
    }
}
