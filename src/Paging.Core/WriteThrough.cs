using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>
/// For files that are written through (<see cref="GuestFile.IsWrittenThrough"/>): writes the stores of mappings to their backings.
/// </summary>
/// <remarks>Neither call waits until it is durable. fsync and msync report the errors.</remarks>
public static class WriteThrough
{
    /// <summary>Writes the dirty pages of all files that are written through. Cost: O(dirty files and pages).</summary>
    public static void WriteBack(this PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using SlowPathTurn turn = engine.TakeTurn();
        engine.Parts.Files.Writeback.WriteBack();
        engine.Parts.Machine.Guard.Leave();
    }

    /// <summary>Writes back the stores of shared mappings in the range to files that are written through.</summary>
    /// <remarks>Cost: O(1) without dirty files, otherwise O(areas and dirty pages of the range).</remarks>
    public static void WriteBack(this AddressSpace memory, VirtualAddress start, uint byteLength)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        memory.Calls.Synchronize.WriteBack(memory.Space, start, byteLength);
        memory.Guard.Leave();
    }
}
