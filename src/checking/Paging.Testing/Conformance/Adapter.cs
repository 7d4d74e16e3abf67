using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Testing.Conformance;

/// <summary>An adapter's description of itself, sent before its first scenario.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Calls">The calls that it supports.</param>
/// <param name="ServesMany">One process serves all scenarios; otherwise each gets a process of its own.</param>
public sealed record AdapterDescription(string Name, IReadOnlySet<CallName> Calls, bool ServesMany);

/// <summary>A process that executes scenarios: any program that imitates Linux' memory calls.</summary>
/// <remarks>
/// Its standard error is the terminal's. A watchdog kills it when an answer is late; reading then fails with that reason. Not
/// thread-safe; a thread of its own writes, because an adapter may answer before it has read everything.
/// </remarks>
public sealed class Adapter : IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);    // at least, for the start of an interpreter

    private readonly Process _process;
    private readonly AdapterLines _lines;
    private readonly ITimer _watch;
    private readonly TimeSpan _patience;
    private volatile bool _isHung;

    private Adapter(Process process, TimeSpan patience, TimeProvider clock)
    {
        (_process, _patience) = (process, patience);
        _lines = new(process.StandardOutput.BaseStream);
        _watch = clock.CreateTimer(_ => GiveUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Description = Greet(patience > StartPatience ? patience : StartPatience);
    }

    /// <summary>Its description.</summary>
    public AdapterDescription Description { get; }

    /// <summary>Starts a command and reads its description.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="patience">The time for a single answer. The first has at least ten seconds, because the program has to start.</param>
    /// <param name="clock">Measures that time; null for the host's clock.</param>
    /// <exception cref="AdapterException">It cannot be started, or does not speak the protocol.</exception>
    public static Adapter Start(IReadOnlyList<string> command, TimeSpan patience, TimeProvider? clock = null)
    {
        if (Directory.Exists(command[0]))
            throw new AdapterException(AdapterFailure.NotStarted, $"{command[0]}: a directory, not a program");
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start) ?? throw new InvalidOperationException("nothing was started");
            return new(process, patience, clock ?? TimeProvider.System);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            string reason = Marshal.GetPInvokeErrorMessage(exception.NativeErrorCode).ToLowerInvariant();
            throw new AdapterException(AdapterFailure.NotStarted, $"{command[0]}: cannot be started: {reason}");
        }
        catch (InvalidOperationException)
        {
            throw new AdapterException(AdapterFailure.NotStarted, "has no name: it is the first word after --");
        }
        catch (AdapterException)
        {
            Kill(process!);
            process!.Dispose();
            throw;
        }
    }

    /// <summary>Executes a scenario: all its calls are sent, then the answers are read in order.</summary>
    /// <param name="header">The state in which it begins.</param>
    /// <param name="calls">Calls that the adapter supports.</param>
    /// <param name="results">Takes the results, one for each call that was answered.</param>
    /// <exception cref="AdapterException">It hung, ended or broke the protocol; earlier answers are among the results.</exception>
    public void Execute(ScenarioHeader header, IReadOnlyList<ScenarioCall> calls, List<ScriptResult> results)
    {
        Task writing = Task.Run(() => Write(header, calls));
        try
        {
            string begun = ReadLine();
            if (!string.Equals(begun, AdapterProtocol.Done, StringComparison.Ordinal))
                throw new AdapterException(AdapterFailure.Malformed, $"answered '{Excerpt(begun)}' to process(…), which wants 0");
            foreach (ScenarioCall call in calls) results.Add(ReadResult(call));
            string ended = ReadLine();
            if (!string.Equals(ended, AdapterProtocol.Done, StringComparison.Ordinal))
                throw new AdapterException(AdapterFailure.Malformed, $"answered '{Excerpt(ended)}' to end, which wants 0");
        }
        catch (AdapterException)
        {
            Kill(_process);    // further output belongs to no call, and the writer must end
            throw;
        }
        finally
        {
            writing.Wait();
        }
    }

    /// <summary>Ends the process; reading its answers then fails. From any thread.</summary>
    internal void Interrupt() => Kill(_process);

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it has already ended
        }

        if (!_process.WaitForExit(500)) Kill(_process);
        _process.Dispose();
    }

    private AdapterDescription Greet(TimeSpan patience)
    {
        Task writing = Task.Run(() => Write(AdapterProtocol.Greeting + '\n'));
        AdapterDescription description = ReadDescription(patience);
        writing.Wait();
        return description;
    }

    private AdapterDescription ReadDescription(TimeSpan patience)
    {
        string name = Path.GetFileName(_process.StartInfo.FileName);
        HashSet<CallName> calls = [];
        bool servesMany = false;
        while (true)
        {
            string line = ReadLine(patience);
            if (line.StartsWith(AdapterProtocol.Name, StringComparison.Ordinal)) name = line[AdapterProtocol.Name.Length..].Trim();
            else if (line.StartsWith(AdapterProtocol.Supports, StringComparison.Ordinal))
                AddCalls(calls, line[AdapterProtocol.Supports.Length..]);
            else if (line.StartsWith(AdapterProtocol.Serves, StringComparison.Ordinal)) servesMany = ReadServes(line);
            else if (string.Equals(line, AdapterProtocol.Ready, StringComparison.Ordinal)) return new(name, calls, servesMany);
            else throw new AdapterException(AdapterFailure.Malformed,
                $"sent '{Excerpt(line)}' where name, supports, serves or ready is expected");
        }
    }

    private static void AddCalls(HashSet<CallName> calls, string spellings)
    {
        foreach (string spelling in spellings.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ScenarioDialect.Linux.TryFind(spelling, out CallSignature? signature)) calls.Add(signature.Name);
            else if (string.Equals(spelling, AdapterProtocol.SupportsAll, StringComparison.Ordinal))
                calls.UnionWith(Enum.GetValues<CallName>());
            else throw new AdapterException(AdapterFailure.Malformed, $"supports '{Excerpt(spelling)}', not a call of the dialect");
        }
    }

    private static bool ReadServes(string line) => line[AdapterProtocol.Serves.Length..].Trim() switch
    {
        AdapterProtocol.ServesMany => true,
        AdapterProtocol.ServesOne => false,
        string other => throw new AdapterException(AdapterFailure.Malformed, $"serves '{Excerpt(other)}'; it is one or many"),
    };

    private ScriptResult ReadResult(in ScenarioCall call)
    {
        CallSignature signature = ScriptCalls.Of(call.Name);
        string line = ReadLine();
        if (line.StartsWith(AdapterProtocol.Unsupported, StringComparison.Ordinal))
            return ScriptResult.Unsupported(line[AdapterProtocol.Unsupported.Length..].Trim());
        if (signature.Success == CallResultKind.Block && string.Equals(line, "{", StringComparison.Ordinal)) return ReadBlock();
        try
        {
            return ScenarioDialect.Linux.ParseResult(line.Trim(), signature, new("adapter", 0));
        }
        catch (ScenarioFormatException)
        {
            if (signature.Success == CallResultKind.Address && TryReadWide(line, out ulong address))
                return ScriptResult.WideAddress(address);
            throw new AdapterException(AdapterFailure.Malformed, $"answered '{Excerpt(line)}', which {signature.Spelling} never returns");
        }
    }

    // A place that a kernel of 64 bits has chosen: a wrong result, not a broken protocol.
    private static bool TryReadWide(string line, out ulong address)
    {
        address = 0;
        return line.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(line.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
    }

    private ScriptResult ReadBlock()
    {
        List<string> rows = [];
        while (true)
        {
            string row = ReadLine();
            if (string.Equals(row, "}", StringComparison.Ordinal)) return ScriptResult.Block(string.Join('\n', rows));
            rows.Add(row.Trim());
            if (rows.Count > AdapterProtocol.RowCountMax)
                throw new AdapterException(AdapterFailure.Malformed, $"sent a block of more than {AdapterProtocol.RowCountMax} rows");
        }
    }

    private string ReadLine() => ReadLine(_patience);

    private string ReadLine(TimeSpan patience)
    {
        _watch.Change(patience, Timeout.InfiniteTimeSpan);
        string? line = null;
        try
        {
            line = _lines.Next();
        }
        catch (IOException)
        {
            // a broken pipe is the end of the output
        }

        _watch.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (line is not null && !_isHung) return line;
        if (_isHung) throw new AdapterException(AdapterFailure.Hung, $"gave no answer in {patience.TotalSeconds:0.#} s");
        string ending = _process.WaitForExit(1000) ? $"ended with status {_process.ExitCode}" : "closed its output";
        throw new AdapterException(AdapterFailure.Ended, ending);
    }

    private void Write(ScenarioHeader header, IReadOnlyList<ScenarioCall> calls)
    {
        System.Text.StringBuilder text = new();
        text.Append(header).Replace(" = 0", "").Append('\n');
        foreach (ScenarioCall call in calls) text.Append(call.ToString()).Append('\n');
        text.Append(AdapterProtocol.End).Append('\n');
        Write(text.ToString());
    }

    private void Write(string text)
    {
        try
        {
            _process.StandardInput.Write(text);
            _process.StandardInput.Flush();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // it has ended: reading reports how
        }
    }

    private void GiveUp()
    {
        _isHung = true;
        Kill(_process);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // it has ended by itself
        }
    }

    private static string Excerpt(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
