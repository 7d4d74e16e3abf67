using System.CommandLine;

namespace Paging.Cli.Manual;

/// <summary>
/// <c>paging completion SHELL</c>: a script for the shell. It completes by the parser's directive <c>[suggest:POSITION]</c>, which lists
/// what may follow a command line.
/// </summary>
internal static class CompletionCommand
{
    // Each script passes the line up to the cursor without its first word, which may be an alias or a path.
    private const string Bash = """
        # Completion of paging for bash:  eval "$(paging completion bash)"
        _paging() {
            local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
            line="${line#* }"
            COMPREPLY=($(compgen -W "$(paging "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _paging paging

        """;

    private const string Zsh = """
        #compdef paging
        # Completion of paging for zsh:  source <(paging completion zsh)
        _paging() {
            local line="${(j: :)words[2,CURRENT]}"
            local -a found=("${(@f)$(paging "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- ${found:#} || _files
        }
        compdef _paging paging

        """;

    private const string Fish = """
        # Completion of paging for fish:  paging completion fish | source
        function __paging_suggest
            set -l line (string replace -r '^\S+\s+' '' -- (commandline -cp))
            paging "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c paging -a '(__paging_suggest)'

        """;

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output)
    {
        Argument<string> shell = new("SHELL") { Description = "Shell: bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        string[] shells = ["bash", "zsh", "fish"];
        shell.CompletionSources.Add(shells);
        shell.Validators.Add(result => CommandOption.RefuseOthers(result, "SHELL", shells));
        Command command = new("completion", "Print a script that completes commands and options in a shell.") { shell };
        command.SetAction(result =>
        {
            output.Write(result.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Agreement;
        });
        return command;
    }

    /// <summary>Lets options whose help lists their values, such as <c>classic|pae</c>, complete to them.</summary>
    public static void AddValues(Command command)
    {
        foreach (Option option in command.Options)
        {
            string[] values = option.HelpName?.Split('|') ?? [];
            if (values.Length > 1 && values.All(static value => value.All(char.IsAsciiLetterOrDigit) && char.IsAsciiLetterLower(value[0])))
            {
                option.CompletionSources.Clear();    // the names of an enumeration, in capitals
                option.CompletionSources.Add(values);
            }
        }

        foreach (Command inner in command.Subcommands) AddValues(inner);
    }
}
