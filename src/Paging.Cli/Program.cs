using System.Text;
using Paging.Cli;
using Paging.Scripting;

Terminals terminals =
    (Console.IsOutputRedirected ? Terminals.None : Terminals.Output) | (Console.IsErrorRedirected ? Terminals.None : Terminals.Errors);
using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16)
{
    AutoFlush = terminals.HasFlag(Terminals.Output),
};
return CommandLine.Run(args, output, Console.Error, static options => new EngineMachine(options), terminals);
