using System.Buffers.Binary;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Inspection;

/// <summary>Counts the page faults of accesses: the kernel's own counter of the process (ru_minflt), read by the process itself.</summary>
internal static class FaultCounter
{
    private const uint OfThread = 1;           // RUSAGE_THREAD
    private const int MinorFaultsAt = 32;      // in struct rusage of 32 bits

    /// <summary>The counter now. Only accesses to scenario memory count between two readings: the block is always present.</summary>
    internal static long Read(Puppet puppet, PuppetProcess process)
    {
        _ = puppet.Call(process, I386Call.Getrusage, OfThread, puppet.Block.Layout.Scratch);
        return BinaryPrimitives.ReadUInt32LittleEndian(puppet.Block.Scratch[MinorFaultsAt..]);
    }

    /// <summary>The dialect's <c>faults()</c>: the faults since the last call; the first call begins to count.</summary>
    internal static ScriptResult Report(Puppet puppet, PuppetProcess process)
    {
        // A child has the block, but not its pages yet: a signal frame must not be counted as a fault of an access.
        if (process.FaultCount is null) puppet.Block.Run(process, puppet.Block.Code.Touch);
        long count = process.FaultCount ?? 0;
        process.FaultCount = 0;
        return ScriptResult.Number(count);
    }
}
