using System.CommandLine;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Testing.Conformance;

namespace Paging.Cli.Conform;

/// <summary><c>paging adapter</c>: this engine on the other side of the protocol of <c>paging conform</c>.</summary>
internal static class AdapterCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="input">Opens standard input; null: the process's own.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="errors">Standard error.</param>
    public static Command Build(Func<Stream>? input, TextWriter output, TextWriter errors)
    {
        Command command = new("adapter", "Execute scenarios from standard input, line by line, in the protocol of paging conform.");
        command.SetAction(_ =>
        {
            try
            {
                using Stream lines = input?.Invoke() ?? StandardStreams.OpenInput();
                using AdapterServer server = new(() => new EngineMachine(new EngineMachineOptions()), output);
                server.Serve(lines);
                return ExitCode.Agreement;
            }
            catch (Exception exception) when (exception is ScenarioFormatException or AdapterException)
            {
                return Refusal.Report(errors, $"paging adapter: {exception.Message}");
            }
        });
        return command;
    }
}
