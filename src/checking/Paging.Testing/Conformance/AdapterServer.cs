using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Testing.Conformance;

/// <summary>The adapter's side of the protocol, around any machine that executes scenarios.</summary>
/// <param name="create">Makes a machine for each scenario.</param>
/// <param name="output">Receives the answers.</param>
public sealed class AdapterServer(Func<IScenarioMachine> create, TextWriter output) : IDisposable
{
    private const string HeaderStart = "process(";
    private IScenarioMachine? _machine;

    /// <summary>Answers line by line until there is none.</summary>
    /// <exception cref="AdapterException">The lines cannot be read.</exception>
    public void Serve(Stream input)
    {
        AdapterLines lines = new(input);
        while (Next(lines) is { } line)
        {
            Answer(line.Trim());
            if (!lines.HasNext) output.Flush();    // the sender of the line may be waiting
        }

        output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _machine?.Dispose();

    /// <summary>Errors of reading become errors of the adapter, so that they are not taken for those of its output.</summary>
    private static string? Next(AdapterLines lines)
    {
        try
        {
            return lines.Next();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException(AdapterFailure.Ended, $"standard input cannot be read: {exception.Message}");
        }
    }

    private void Answer(string line)
    {
        if (line.Length == 0) return;
        if (string.Equals(line, AdapterProtocol.Greeting, StringComparison.Ordinal)) Introduce();
        else if (line.StartsWith(HeaderStart, StringComparison.Ordinal)) Begin(line);
        else if (string.Equals(line, AdapterProtocol.End, StringComparison.Ordinal)) End();
        else Execute(line);
    }

    private void Introduce()
    {
        output.Write($"{AdapterProtocol.Name}paging\n{AdapterProtocol.Supports}{AdapterProtocol.SupportsAll}\n");
        output.Write($"{AdapterProtocol.Serves}{AdapterProtocol.ServesMany}\n{AdapterProtocol.Ready}\n");
    }

    private void Begin(string line)
    {
        _machine?.Dispose();
        _machine = create();
        _machine.Start(ScenarioParser.ParseText(line + " = 0\n", "input").Header with { AsksForHugePages = true });    // a later call may
        output.Write(AdapterProtocol.Done + "\n");
    }

    private void End()
    {
        _machine?.Dispose();
        _machine = null;
        output.Write(AdapterProtocol.Done + "\n");
    }

    private void Execute(string line)
    {
        if (_machine is null)
        {
            output.Write($"{AdapterProtocol.Unsupported} there is no process: process(…) comes first\n");
            return;
        }

        ScenarioCall call = ScenarioParser.ParseCall(line);
        ScriptResult result = _machine.Execute(call);
        output.Write(result.Kind == CallResultKind.Unsupported ? $"{AdapterProtocol.Unsupported} {result.Text}\n" : $"{result}\n");
    }
}
