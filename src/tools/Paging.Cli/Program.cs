using System.Runtime.CompilerServices;
using Paging.Cli;
using Paging.Scripting.Engine;

return ProcessLimits.AllowStart() ? Run(args) : ExitCode.Unusable;

[MethodImpl(MethodImplOptions.NoInlining)]    // its assemblies are loaded after the check
static int Run(string[] args)
{
    Terminals terminals =
        (Console.IsOutputRedirected ? Terminals.None : Terminals.Output) | (Console.IsErrorRedirected ? Terminals.None : Terminals.Errors)
            | (Console.IsInputRedirected ? Terminals.None : Terminals.Input);
    TextWriter output = StandardStreams.OpenOutput(isFlushed: terminals.HasFlag(Terminals.Output));
    return CommandLine.Run(args, output, StandardStreams.OpenErrors(), static options => new EngineMachine(options), terminals);
}
