using Paging.Cli.Run.Checkpoints;
using Paging.Guest;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Cli.Run;

/// <summary>Chooses the processor of a run.</summary>
internal static class RunProcessor
{
    /// <summary>Chooses a processor that supports the request. Returns false, after reporting the reason, if none does.</summary>
    /// <remarks>
    /// A run to be saved is emulated unless requested otherwise, so that it can be resumed on any host. A resumed run keeps its processor.
    /// </remarks>
    public static bool TryChoose(RunRequest request, OpenCheckpoint? opened, TextWriter errors, out GuestExecution execution)
    {
        execution = GuestExecution.Emulated;
        bool shouldEmulate = request.Target is not null || opened is { Checkpoint.Execution: GuestExecution.Emulated };    // it may travel
        if (request.Processor is RunRequest.Auto && shouldEmulate) request = request with { Processor = RunRequest.Emulated };
        bool mustEmulate = request.Pace == GuestPace.Code || request.Accesses is not null || request.Costs is not null
            || request.DebugPort is not null || request.ChecksMemory;
        string reason = "--processor host does not go with --seed, --step-limit, --trace, --check or --gdb";
        bool mayBeHost = request.Processor is not RunRequest.Emulated && !mustEmulate && HasRoomForRam(request, ref reason);
        if (mayBeHost && DirectProcessor.IsAvailable(out reason))
        {
            execution = GuestExecution.Direct;
            return true;
        }

        if (request.Processor is RunRequest.Host)
        {
            Refusal.Report(errors, $"paging run: {reason}");
            return false;
        }

        if (GuestProcessor.IsAvailable(out reason)) return true;
        Refusal.Report(errors, $"paging run: {reason}");
        return false;
    }

    /// <summary>Checks the room for RAM, which on the host's processor is a file that the executing processes map.</summary>
    private static bool HasRoomForRam(RunRequest request, ref string reason)
    {
        ulong limit = ProcessLimits.FileByteLengthMax;
        if (request.RamBytes <= limit) return true;
        reason = $"no file may be longer than {limit} bytes (ulimit -f), and --processor host keeps RAM in a file: a smaller --ram, "
            + "or --processor emulated, will do";
        return false;
    }
}
