using Paging.Cli;
using Paging.Scripting;

Terminals terminals =
    (Console.IsOutputRedirected ? Terminals.None : Terminals.Output) | (Console.IsErrorRedirected ? Terminals.None : Terminals.Errors);
TextWriter output = StandardStreams.OpenOutput(isFlushed: terminals.HasFlag(Terminals.Output));
return CommandLine.Run(args, output, StandardStreams.OpenErrors(), static options => new EngineMachine(options), terminals);
