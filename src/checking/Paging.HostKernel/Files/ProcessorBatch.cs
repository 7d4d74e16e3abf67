using Paging.HostKernel.Interop;
using Paging.Native;

namespace Paging.HostKernel.Files;

/// <summary>Makes the kernel put the pages that a thread adds to its lists at once, not in batches of its processor.</summary>
/// <remarks><code>
///   host      pins itself ─ writes to a file ─ madvise(MADV_COLD), which empties the processor's batch ─ may run anywhere again
///   puppet    stays on one processor from its start to its end, so that its own MADV_PAGEOUT finds what it has touched before
/// </code>
/// MADV_PAGEOUT passes over a page that waits in the batch of another processor, so its result would be a matter of chance.
/// Linux: mm/swap.c folio_add_lru, lru_add_drain; mm/madvise.c madvise_cold.
/// </remarks>
internal readonly ref struct ProcessorBatch
{
    private const int MaskByteLength = 128, BitsOfByte = 8;    // 1,024 processors
    private const int Cold = 20, ReadOnly = 1, PrivateAnonymous = 0x22;

    // SAFETY: the C library maps a fresh page, which is never freed.
    private static readonly unsafe nint AnyPage =
        (nint)LibC.Map(null, VirtualAddress.PageSize, ReadOnly, PrivateAnonymous, new(-1, ownsHandle: false), 0);

    private readonly Mask _before;

    [System.Runtime.CompilerServices.InlineArray(MaskByteLength)]
    private struct Mask
    {
        private byte _first;
    }

    private ProcessorBatch(Mask before) => _before = before;

    /// <summary>Keeps the calling thread on its processor until the end of the scope.</summary>
    internal static ProcessorBatch Begin()
    {
        Mask before = Get();
        ProcessorBatch batch = new(before);
        Set(0, LibC.CurrentProcessor());
        return batch;
    }

    /// <summary>Keeps a process on one of the processors that the host may use.</summary>
    internal static void Pin(int process)
    {
        Mask allowed = Get();
        int count = 0;
        for (int processor = 0; processor < MaskByteLength * BitsOfByte; processor++) count += Has(allowed, processor) ? 1 : 0;
        int wanted = count == 0 ? 0 : process % count;
        for (int processor = 0; processor < MaskByteLength * BitsOfByte; processor++)
        {
            if (Has(allowed, processor) && wanted-- == 0) Set(process, processor);
        }
    }

    /// <summary>Empties the batch and lets the thread run where it could before.</summary>
    // SAFETY: the page stays mapped; the mask is a local that outlives the call.
    public unsafe void Dispose()
    {
        _ = LibC.Advise((void*)AnyPage, VirtualAddress.PageSize, Cold);
        Mask before = _before;
        _ = LibC.SetProcessors(0, MaskByteLength, &before);
    }

    private static bool Has(in Mask mask, int processor) => (mask[processor / BitsOfByte] & (1 << (processor % BitsOfByte))) != 0;

    // SAFETY: the kernel writes at most the length of the local mask.
    private static unsafe Mask Get()
    {
        Mask mask = default;
        _ = LibC.GetProcessors(0, MaskByteLength, &mask);
        return mask;
    }

    // SAFETY: the kernel reads the local mask.
    private static unsafe void Set(int process, int processor)
    {
        if (processor is < 0 or >= MaskByteLength * BitsOfByte) return;
        Mask mask = default;
        mask[processor / BitsOfByte] = (byte)(1 << (processor % BitsOfByte));
        _ = LibC.SetProcessors(process, MaskByteLength, &mask);
    }
}
