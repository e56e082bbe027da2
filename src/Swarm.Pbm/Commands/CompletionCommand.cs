using System.CommandLine;

namespace Swarm.Pbm.Commands;

/// <summary><c>pbm completion</c>: what a shell needs to complete pbm's commands. It asks pbm, which asks the node.</summary>
internal sealed class CompletionCommand : Command
{
    private const string Bash =
        """
        # eval "$(pbm completion bash)"
        _pbm() { COMPREPLY=(); local word; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(pbm "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null); }
        complete -F _pbm pbm
        """;

    private const string Zsh =
        """
        # eval "$(pbm completion zsh)"
        _pbm() { local -a words_; words_=("${(@f)$(pbm "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}"); compadd -- $words_; }
        compdef _pbm pbm
        """;

    private const string Fish =
        """
        # pbm completion fish | source
        complete -c pbm -f -a '(pbm "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    public CompletionCommand(Terminal terminal) : base("completion", "Print what makes a shell complete pbm's commands.")
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(shell);
        SetAction(parsed => terminal.Out.WriteLine(parsed.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
    }
}
