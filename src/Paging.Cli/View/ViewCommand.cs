using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Scripting;
using Paging.View;

namespace Paging.Cli;

/// <summary><c>paging view SCRIPT</c>: a local page that shows the engine while a script runs, and lets it go back.</summary>
internal static class ViewCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        Argument<string> file = new("SCRIPT") { Description = "A scenario of Linux calls." };
        Option<int> port = new("--port")
        {
            Description = "The port on the loopback interface [default: any that is free].",
            HelpName = "N",
            CustomParser = static result => ReadPort(result),
        };
        Command command = new("view", "Shows a running engine on a local page: steps, breakpoints, search, and the way back.");
        command.Arguments.Add(file);
        command.Options.Add(port);
        command.SetAction((result, cancellation) => RunAsync(result.GetRequiredValue(file), result.GetValue(port), output, errors));
        return command;
    }

    private static async Task<int> RunAsync(string path, int port, TextWriter output, TextWriter errors)
    {
        if (ScenarioArguments.IsOfWindows(path)) return Refusal.Tell(errors, $"{path}: a script of Windows cannot be viewed yet");
        if (ScenarioArguments.Read(path, out string? error) is not { } document) return Refusal.Tell(errors, error!);
        try
        {
            ViewServer server = await ViewServer.StartAsync(document, new(), port).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                string told = $"open {server.Address}\nThe page is for this host only. It ends with this command: Ctrl+C.\n";
                await output.WriteAsync(told).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
                await server.WaitAsync().ConfigureAwait(false);
            }

            return ExitCode.Agreement;
        }
        catch (IOException exception)
        {
            return Refusal.Tell(errors, $"paging view: port {port} cannot be used: {exception.Message}");
        }
    }

    private static int ReadPort(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > 65_535)
            result.AddError($"--port is a number up to 65535, not '{text}'");
        return port;
    }
}
