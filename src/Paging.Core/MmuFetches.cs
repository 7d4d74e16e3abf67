using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core;

/// <summary>Fetches of code by an <see cref="Mmu"/>, which obey the right to execute.</summary>
/// <remarks>
/// The classic page tables have no NX bit, so <see cref="Mmu.TryRead{T}(VirtualAddress, out T, out MemoryFault)"/> and a processor of its
/// own execute all that they can read. Only the area holds the right, so the right is checked here.
/// </remarks>
public static class MmuFetches
{
    /// <summary>Fetches code. Returns false and the fault if the page cannot be read, or its area is not executable.</summary>
    /// <remarks>
    /// A device is read by <see cref="IMemoryDevice.Fetch"/>.
    /// Cost: that of a read, and an area lookup, which is a few loads while fetches stay in one area. A <see cref="FetchWindow"/> saves it.
    /// </remarks>
    public static bool TryFetch<T>(this Mmu mmu, VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(mmu);
        value = default;
        int size = Unsafe.SizeOf<T>();
        // A hit proves the right to read, not to execute.
        if (TryCheck(mmu, address, size, out fault) && mmu.TryReadHit(address, out value)) return true;
        if (FetchMissed(mmu, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault)) return true;
        value = default;    // the first page's bytes, if the second has faulted
        return false;
    }

    /// <summary>On the slow path: true if code may be executed at an address, whose page is mapped with the right to execute.</summary>
    internal static bool MayExecute(this Mmu mmu, VirtualAddress address)
    {
        AreaIndex index = mmu.Space.Areas.Tree.Covering(address.Page);
        return index.IsSome && mmu.Space.Areas[index].Has(AreaFlags.Execute);
    }

    /// <summary>Refuses a fetch from an area without the right to execute. A hole is left to the access, which may grow a stack.</summary>
    private static bool TryCheck(Mmu mmu, VirtualAddress address, int byteLength, out MemoryFault fault) =>
        mmu.Guard.IsHere
            ? TryCheckHere(mmu, address, byteLength, out fault)
            : TryCheckInTurn(mmu, address, byteLength, out fault);

    /// <summary>Takes the slow path, because other threads may change the areas. Linux: mmap_lock, for reading.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryCheckInTurn(Mmu mmu, VirtualAddress address, int byteLength, out MemoryFault fault)
    {
        using SlowPathTurn turn = mmu.Guard.TakeTurnBesideTouches(out _);
        return TryCheckHere(mmu, address, byteLength, out fault);
    }

    private static bool TryCheckHere(Mmu mmu, VirtualAddress address, int byteLength, out MemoryFault fault)
    {
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            AreaIndex index = mmu.Space.Areas.Tree.Covering(at.Page);
            if (index.IsSome && !mmu.Space.Areas[index].Has(AreaFlags.Execute))
            {
                fault = new(MemoryFaultKind.NotAllowed, at);
                return false;
            }

            done += Mmu.PageBytes - at.OffsetInPage;
        }

        return true;
    }

    /// <summary>Fetches page by page as a processor does: a fault of the first page is reported before the second is checked.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool FetchMissed(Mmu mmu, VirtualAddress address, Span<byte> bytes, out MemoryFault fault)
    {
        fault = default;
        for (int done = 0; done < bytes.Length;)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = bytes.Slice(done, Math.Min(bytes.Length - done, Mmu.PageBytes - at.OffsetInPage));
            if (!TryFetchWithin(mmu, at, part, out fault)) return false;
            done += part.Length;
        }

        return true;
    }

    private static bool TryFetchWithin(Mmu mmu, VirtualAddress at, Span<byte> part, out MemoryFault fault)
    {
        if (!TryCheck(mmu, at, part.Length, out fault)) return false;
        if (!mmu.TryTranslate(at, AccessKind.Fetch, out FrameNumber frame, out fault))
            return mmu.TryLoadUncached(at, part, AccessKind.Fetch, ref fault);
        if (!TryCheck(mmu, at, part.Length, out fault)) return false;    // a stack that has grown here may not be executable
        mmu.Ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }
}
