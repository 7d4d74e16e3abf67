using Paging.Native;

namespace Paging.Core;

/// <summary>The writers whose stores a dirty log records.</summary>
public enum WriteSources
{
    /// <summary>
    /// Stores by <see cref="Mmu"/> and the engine; and by a processor with a TLB of its own, if one is attached when the log is opened
    /// (<see cref="PhysicalMemory.TracksCode"/>).
    /// </summary>
    Attached,

    /// <summary>Stores by <see cref="Mmu"/> and the engine only. A first write is a missed translation and no page fault.</summary>
    Mmu,

    /// <summary>
    /// Also stores by a processor with a TLB of its own over the same page tables. The first write to each page after each collection is a
    /// page fault, and counted as one, as with Linux's soft-dirty bits and KVM's dirty log.
    /// </summary>
    Processor,
}
