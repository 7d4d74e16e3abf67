using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Accounting;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>Accesses memory with the kernel's privilege. Walks the tables each time, and resolves no fault in the kernel half.</summary>
/// <remarks>
/// RAM below 896 MiB appears from 0xC0000000 on. A user page is made present as for the program; CR0.WP is set. Memory of the host that is
/// mapped (an image's, a device's) is reached as RAM is.
/// </remarks>
public readonly struct SupervisorAccess
{
    private readonly Mmu _mmu;
    private readonly ThreadGuard _guard;
    private readonly PhysicalMemory _ram;

    internal SupervisorAccess(Mmu mmu, ThreadGuard guard, PhysicalMemory ram) => (_mmu, _guard, _ram) = (mmu, guard, ram);

    /// <summary>Reads a value. Returns false and the fault if nothing is mapped.</summary>
    public bool TryRead<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        value = default;
        return TryCopy(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Read, out fault);
    }

    /// <summary>Writes a value. Returns false and the fault if it cannot be written; nothing has been written then.</summary>
    public bool TryWrite<T>(VirtualAddress address, T value, out MemoryFault fault) where T : unmanaged =>
        TryCopy(address, MemoryMarshal.AsBytes(new Span<T>(ref value)), AccessKind.Write, out fault);

    /// <summary>Returns the physical address that the processor's walk in supervisor mode finds.</summary>
    public bool TryTranslate(VirtualAddress address, AccessKind access, out PhysicalAddress physical, out MemoryFault fault)
    {
        if (_mmu is null) ThrowEmpty();
        AccessKinds.Check(access);
        using SlowPathTurn turn = _guard.TakeTurn();
        _mmu.Space.ThrowIfEnded();
        fault = default;
        if (!address.IsKernel && !_mmu.TryTranslate(address, access, out _, out fault))    // faults the page in, as for the program
        {
            physical = default;
            return false;
        }

        WalkResult walk = _mmu.Space.Tables.Walk(address, access, ProcessorMode.Supervisor);
        physical = walk.Physical;
        if (walk.Succeeded && _ram.HasBytes(walk.Physical.Frame)) return true;    // a host may have written an entry beyond RAM
        bool isProtected = (walk.ErrorCode & PageFaultErrorCode.Protection) != 0;
        fault = new(isProtected ? MemoryFaultKind.NotAllowed : MemoryFaultKind.NotMapped, address);
        return false;
    }

    [DoesNotReturn]
    private static void ThrowEmpty() =>
        throw new InvalidOperationException("This access belongs to no process. Mmu.Supervisor makes one.");

    /// <summary>Makes all pages present, then copies. Walks each page again, because a later fault may have moved it.</summary>
    private bool TryCopy(VirtualAddress address, Span<byte> bytes, AccessKind access, out MemoryFault fault)
    {
        if (_mmu is null) ThrowEmpty();
        using SlowPathTurn turn = _guard.TakeTurn();
        if (!TryMakePresent(address, bytes.Length, access, out fault)) return false;
        for (int done = 0; done < bytes.Length;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(at, access, out PhysicalAddress physical, out fault)) return false;
            Span<byte> part = bytes.Slice(done, Math.Min(bytes.Length - done, Mmu.PageBytes - at.OffsetInPage));
            Span<byte> memory = _ram.Bytes(physical.Frame).Slice(at.OffsetInPage, part.Length);
            if (access == AccessKind.Write)
            {
                _ram.NoteChanged(physical.Frame);    // here, because the walk has granted and logged no right to write
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

    private bool TryMakePresent(VirtualAddress address, int byteLength, AccessKind access, out MemoryFault fault)
    {
        using UnreportedAccess unreported = new(_mmu);
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(at, access, out _, out fault)) return false;
            done += Mmu.PageBytes - at.OffsetInPage;
        }

        return true;
    }
}
