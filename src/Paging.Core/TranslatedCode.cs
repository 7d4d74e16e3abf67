using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>For a processor that walks the engine's tables and translates code ahead (<see cref="PhysicalMemory.TracksCode"/>).</summary>
public static class TranslatedCode
{
    /// <summary>
    /// Called when the processor has translated code of a page (<see cref="PhysicalMemory.MarkCode"/>). Removes write access from every
    /// mapping of its frame, so that the next store faults and is reported (<see cref="PhysicalMemory.HasChangedCode"/>).
    /// </summary>
    /// <returns>True if a mapping may have had the right: the processor has to flush its TLB.</returns>
    /// <remarks>Huge pages of the pool keep it. Cost: O(spaces and mappings of the frame).</remarks>
    public static bool ProtectCode(this PagingEngine engine, UserProcess process, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(process);
        process.Memory.ThrowIfForeign(engine.Parts.Machine.Guard, nameof(process));
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Files.Code.Protect(process.Memory.Space, page);
    }
}
