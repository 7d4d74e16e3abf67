using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Paging.Cli.Run;
using Paging.Guest;

namespace Paging.Cli.Fuzz;

//   fuzzer ── 4 bytes: was the last one killed? ──► 198     paging      one input, one copy of the program
//          ◄── 199 ── 4 bytes: a process to kill ──
//          ◄── 199 ── 4 bytes: its status, as waitpid gives it ──
/// <summary>The other end of a fuzzer's pipes and its map: the fork server of AFL and AFL++, without options.</summary>
/// <remarks>AFL++: docs/technical_details.md, "The fork server", and instrumentation/README.persistent_mode.md.</remarks>
internal sealed class ForkServer : IDisposable
{
    private const int RequestDescriptor = 198, WordLength = 4, Aborted = 6, Killed = 9;
    private const int MapLength = 1 << 16;    // the map of a target that names no other length
    private readonly FileStream _requests, _answers;
    private readonly SharedMap _map;
    private StandIn _standIn = new();

    private ForkServer(SharedMap map)
    {
        _map = map;
        _requests = new(new SafeFileHandle(RequestDescriptor, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        _answers = new(new SafeFileHandle(RequestDescriptor + 1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
    }

    /// <summary>The edges that were taken, for the fuzzer.</summary>
    public Memory<byte> Map => _map.Memory;

    /// <summary>Null: no fuzzer has started this command, and why that is known.</summary>
    public static ForkServer? OpenOrNull(out string complaint)
    {
        // As bytes of this binary, where it is one native file, it is also what afl-fuzz looks for in a target: the name and a zero.
        ReadOnlySpan<byte> variable = "__AFL_SHM_ID"u8;
        complaint = "afl-fuzz is to start it: afl-fuzz -i IN -o OUT -- paging fuzz PROGRAM @@";
        int? number = null;
        foreach (byte[] pair in HostBytes.Read().Environment)
        {
            if (!pair.AsSpan().StartsWith(variable) || pair.AsSpan(variable.Length) is not [(byte)'=', .. var text]) continue;
            number = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int read) ? read : -1;
        }

        if (number is not { } identifier || !File.Exists($"/proc/self/fd/{RequestDescriptor}")) return null;
        if (SharedMap.AttachOrNull(identifier, MapLength) is { } map) return new(map);
        complaint = $"the fuzzer's shared memory {identifier} cannot be attached";
        return null;
    }

    /// <summary>Runs one copy of the program for each request, until the fuzzer is gone.</summary>
    /// <param name="target">The program that is held.</param>
    /// <param name="checks">A copy with a memory error ends as by SIGABRT; null: nothing is checked.</param>
    public int Serve(FuzzTarget target, InputChecks? checks)
    {
        Span<byte> word = stackalloc byte[WordLength];
        if (!TryAnswer(0)) return ExitCode.Agreement;
        while (_requests.ReadAtLeast(word, WordLength, throwOnEndOfStream: false) == WordLength)
        {
            bool wasKilled = BinaryPrimitives.ReadInt32LittleEndian(word) != 0;
            if (wasKilled) _standIn.WaitUntilGone();    // killed when its run had just ended: the next run must not be stopped for it
            if (wasKilled || _standIn.IsGone)
            {
                _standIn.Dispose();
                _standIn = new();
            }

            if (!TryAnswer(_standIn.Id) || !TryAnswer(RunOne(target, checks))) break;
        }

        int failureCount = target.Kernel.FailureReports.Count + (checks?.Kernel.FailureReports.Count ?? 0);
        return failureCount > 0 ? ExitCode.InternalError : ExitCode.Agreement;
    }

    public void Dispose()
    {
        _standIn.Dispose();
        _requests.Dispose();
        _answers.Dispose();
        ((IDisposable)_map).Dispose();
    }

    private int RunOne(FuzzTarget target, InputChecks? checks)
    {
        int status = RunOne(target);
        bool wasKilled = (status & 0x7F) != 0;
        return !wasKilled && checks?.Fails(RunOne) == true ? Aborted : status;
    }

    /// <summary>Returns the status of one copy. A copy that waits for ever ends with the fuzzer's timeout.</summary>
    private int RunOne(FuzzTarget target)
    {
        GuestKernel kernel = target.Kernel;
        _standIn.Watch(kernel.RequestStop);
        GuestOutcome outcome = kernel.RunCopy(target.Prepare);
        if (outcome.End is GuestEnd.AllWait or GuestEnd.PagesPending) _standIn.WaitUntilGone();
        if (_standIn.EndWatch() && outcome.End != GuestEnd.Stopped) kernel.Run();    // takes the request to stop that came too late
        return outcome.End switch
        {
            GuestEnd.Exited => outcome.Code << 8,
            GuestEnd.Killed => outcome.Code,
            _ => Killed,
        };
    }

    private bool TryAnswer(int value)
    {
        Span<byte> word = stackalloc byte[WordLength];
        BinaryPrimitives.WriteInt32LittleEndian(word, value);
        try
        {
            _answers.Write(word);
            return true;
        }
        catch (IOException)
        {
            return false;    // the fuzzer is gone
        }
    }
}
