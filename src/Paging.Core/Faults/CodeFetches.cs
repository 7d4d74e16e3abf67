using System.Runtime.CompilerServices;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Checks the right to execute, and fetches code that is not cached.</summary>
/// <remarks>
/// Classic page tables have no NX: what can be read can be executed, and a fetch from a missing page is a read (SDM volume 3A, 4.7: the
/// flag I/D needs NXE). An area has the right in either format; under PAE its entries have NX where it has not (E2), so that both agree.
/// </remarks>
/// <param name="callers">The holds.</param>
/// <param name="ram">RAM.</param>
/// <param name="uncached">Accesses to devices and watched pages.</param>
/// <param name="hasExecute">True if areas' rights are asked.</param>
internal sealed class CodeFetches(CallerCheck callers, PhysicalMemory ram, UncachedAccess uncached, bool hasExecute)
{
    /// <summary>On the slow path: true if code may be fetched at an address, whose page can be read.</summary>
    public bool MayFetch(Space space, VirtualAddress address) => !hasExecute || MayExecute(space, address);

    /// <summary>On the slow path: true if code may be executed at an address, whose page is mapped with the right to execute.</summary>
    public static bool MayExecute(Space space, VirtualAddress address)
    {
        AreaIndex index = space.Areas.Tree.Covering(address.Page);
        return index.IsSome && space.Areas[index].Has(AreaFlags.Execute);
    }

    /// <summary>Refuses a fetch from an area without the right to execute. A hole is left to the access, which may grow a stack.</summary>
    public bool TryCheck(PageTranslation translation, VirtualAddress address, int byteLength, out MemoryFault fault)
    {
        fault = default;
        return !hasExecute || (callers.IsHere
            ? TryCheckHere(translation.Space, address, byteLength, out fault)
            : TryCheckHolding(translation, address, byteLength, out fault));
    }

    /// <summary>Fetches page by page as a processor does: a fault of the first page is reported before the second is checked.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryFetch(PageTranslation translation, VirtualAddress address, Span<byte> bytes, out MemoryFault fault)
    {
        fault = default;
        for (int done = 0; done < bytes.Length;)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = bytes.Slice(done, Math.Min(bytes.Length - done, (int)VirtualAddress.PageSize - at.OffsetInPage));
            if (!TryFetchWithin(translation, at, part, out fault)) return false;
            done += part.Length;
        }

        return true;
    }

    /// <summary>Takes the slow path, because other threads may change the areas. Linux: mmap_lock, for reading.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryCheckHolding(PageTranslation translation, VirtualAddress address, int byteLength, out MemoryFault fault)
    {
        using SlowPathHold hold = callers.HoldBesideTouches(out bool isPartOfCall);
        if (!isPartOfCall && translation.Space.IsLive) callers.Shared?.CheckRuns(translation.Space.Translations);    // T10
        return TryCheckHere(translation.Space, address, byteLength, out fault);
    }

    private static bool TryCheckHere(Space space, VirtualAddress address, int byteLength, out MemoryFault fault)
    {
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            AreaIndex index = space.Areas.Tree.Covering(at.Page);
            if (index.IsSome && !space.Areas[index].Has(AreaFlags.Execute))
            {
                fault = new(MemoryFaultKind.NotAllowed, at);
                return false;
            }

            done += (int)VirtualAddress.PageSize - at.OffsetInPage;
        }

        return true;
    }

    private bool TryFetchWithin(PageTranslation translation, VirtualAddress at, Span<byte> part, out MemoryFault fault)
    {
        if (!TryCheck(translation, at, part.Length, out fault)) return false;
        if (!translation.TryTranslate(at, hasExecute ? AccessKind.Fetch : AccessKind.Read, out FrameNumber frame, out fault))
            return uncached.TryLoadRefused(translation, at, part, AccessKind.Fetch, ref fault);
        if (!TryCheck(translation, at, part.Length, out fault)) return false;    // a stack that has grown here may not be executable
        ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }
}
