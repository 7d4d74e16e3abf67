using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>Accesses memory with the kernel's privilege. Walks the tables each time, and resolves no fault in the kernel half.</summary>
/// <remarks>
/// RAM below 896 MiB appears from 0xC0000000 on (<see cref="PagingEngine.KernelAddressOf"/>). A user page is made present as for the
/// program; CR0.WP is set. Memory of the host that is mapped (an image's, a device's) is reached as RAM is.
/// In an engine with many threads, each call takes the slow path.
/// </remarks>
public static class MmuSupervisor
{
    /// <summary>Reads a value. Returns false and the fault if nothing is mapped.</summary>
    public static bool TryReadAsSupervisor<T>(this Mmu mmu, VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        return TryCopy(mmu, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, out fault);
    }

    /// <summary>Writes a value. Returns false and the fault if it cannot be written; nothing has been written then.</summary>
    public static bool TryWriteAsSupervisor<T>(this Mmu mmu, VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged =>
        TryCopy(mmu, address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Write, out fault);

    /// <summary>Returns the physical address that the processor's walk in supervisor mode finds.</summary>
    /// <returns>False and the fault if nothing is mapped, or the access is not allowed.</returns>
    public static bool TryTranslateAsSupervisor(
        this Mmu mmu, VirtualAddress address, AccessKind access, out PhysicalAddress physical, out MemoryFault fault)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        AccessKinds.Check(access);
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        mmu.Space.ThrowIfEnded();
        fault = default;
        if (!address.IsKernel && !mmu.TryTranslate(address, access, out _, out fault))    // faults the page in, as for the program
        {
            physical = default;
            return false;
        }

        WalkResult walk = mmu.Space.Tables.Walk(address, access, ProcessorMode.Supervisor);
        physical = walk.Physical;
        if (walk.Succeeded && mmu.Ram.HasBytes(walk.Physical.Frame)) return true;    // a host may have written an entry beyond RAM
        bool isProtected = (walk.ErrorCode & PageFaultErrorCode.Protection) != 0;
        fault = new(isProtected ? MemoryFaultKind.NotAllowed : MemoryFaultKind.NotMapped, address);
        return false;
    }

    /// <summary>Makes all pages present, then copies. Walks each page again, because a later fault may have moved it.</summary>
    private static bool TryCopy(Mmu mmu, VirtualAddress address, Span<byte> bytes, AccessKind access, out MemoryFault fault)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        using SlowPathTurn turn = mmu.Guard.TakeTurn();
        if (!TryMakePresent(mmu, address, bytes.Length, access, out fault)) return false;
        for (int done = 0; done < bytes.Length;)
        {
            VirtualAddress at = address + (uint)done;
            if (!mmu.TryTranslateAsSupervisor(at, access, out PhysicalAddress physical, out fault)) return false;
            Span<byte> part = bytes.Slice(done, Math.Min(bytes.Length - done, Mmu.PageBytes - at.OffsetInPage));
            Span<byte> memory = mmu.Ram.Bytes(physical.Frame).Slice(at.OffsetInPage, part.Length);
            if (access == AccessKind.Write)
            {
                mmu.Ram.NoteChanged(physical.Frame);    // here, because the walk has granted and logged no right to write
                part.CopyTo(memory);
            }
            else
            {
                memory.CopyTo(part);
            }

            done += part.Length;
        }

        return true;
    }

    private static bool TryMakePresent(Mmu mmu, VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        using UnreportedAccess unreported = new(mmu);
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!mmu.TryTranslateAsSupervisor(at, access, out _, out fault)) return false;
            done += Mmu.PageBytes - at.OffsetInPage;
        }

        return true;
    }
}
