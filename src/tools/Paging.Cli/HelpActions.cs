using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Paging.Cli;

/// <summary>The parser's own help, and the command's examples below it.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>The longest line of the help.</summary>
    internal const int Columns = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = Columns;
        int code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.Write(CommandExamples.Of(parseResult.CommandResult.Command.Name));
        return code;
    }
}

/// <summary>Prints <c>paging 0.1.0</c>, whichever program hosts the command.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        string version =
            typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";
        parseResult.InvocationConfiguration.Output.Write($"paging {version.Split('+')[0]}\n");
        return 0;
    }
}
