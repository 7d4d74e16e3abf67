using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Translation;

namespace Paging.Core;

/// <summary>Accesses of an <see cref="Mmu"/> that lie in two pages.</summary>
/// <remarks>If both pages were used before, no walk is needed: X1 and X2 hold for each.</remarks>
internal static class MmuCrossings
{
    public static bool ReadAcross<T>(this Mmu mmu, VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (mmu.TryReadAcross(address, out value)) return true;
        using SlowPathTurn turn = mmu.Guard.TakeTurnToLook();
        value = default;
        int size = Unsafe.SizeOf<T>();
        return mmu.TryTouch(address, size, AccessKind.Read, out fault)
            && mmu.CopyOut(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    public static bool WriteAcross<T>(this Mmu mmu, VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        if (mmu.TryWriteAcross(address, value)) return true;
        using SlowPathTurn turn = mmu.Guard.TakeTurnToLook();
        int size = Unsafe.SizeOf<T>();
        return mmu.TryTouch(address, size, AccessKind.Write, out fault)
            && mmu.CopyIn(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), out fault) == size;
    }

    /// <summary>Makes every page of an access present and allowed, the lowest first, without making the access.</summary>
    public static bool TryTouch(this Mmu mmu, VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        fault = default;
        using UnreportedAccess unreported = new(mmu);
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!mmu.TryTranslate(at, access, out _, out fault) && fault.Kind != MemoryFaultKind.Device) return false;
            done += Mmu.PageBytes - at.OffsetInPage;
        }

        fault = default;
        return true;
    }
}

/// <summary>Until it is disposed, pages are made present without a report: the access that follows is reported.</summary>
internal readonly ref struct UnreportedAccess : IDisposable
{
    private readonly WatchedPages? _watched;

    public UnreportedAccess(Mmu mmu)
    {
        _watched = mmu.Watched;
        if (_watched is not null) _watched.IsMakingPresent = true;
    }

    public void Dispose()
    {
        if (_watched is not null) _watched.IsMakingPresent = false;
    }
}
