using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Accesses memory with the kernel's privilege. Walks the tables each time, and resolves no fault in the kernel half.</summary>
internal sealed class SupervisorAccess(CallerCheck callers, PhysicalMemory ram)
{
    /// <summary>Returns the physical address that the processor's walk in supervisor mode finds.</summary>
    /// <returns>False and the fault if nothing is mapped, or the access is not allowed.</returns>
    public bool TryTranslate(
        PageTranslation translation, VirtualAddress address, AccessKind access, out PhysicalAddress physical, out MemoryFault fault)
    {
        AccessKinds.Check(access);
        using SlowPathHold hold = callers.Hold();
        translation.Space.ThrowIfEnded();
        fault = default;
        bool isUsers = address.Page < translation.Space.Tables.End;
        if (isUsers && !translation.TryTranslate(address, access, out _, out fault))    // faults the page in, as for the program
        {
            physical = default;
            return false;
        }

        WalkResult walk = translation.Space.Tables.Walk(address, access, ProcessorMode.Supervisor);
        physical = walk.Physical;
        if (walk.Succeeded && ram.HasBytes(walk.Physical.Frame)) return true;    // a host may have written an entry beyond RAM
        bool isProtected = (walk.ErrorCode & PageFaultErrorCode.Protection) != 0;
        fault = new(isProtected ? MemoryFaultKind.NotAllowed : MemoryFaultKind.NotMapped, address);
        return false;
    }

    /// <summary>Makes all pages present, then copies. Walks each page again, because a later fault may have moved it.</summary>
    public bool TryCopy(PageTranslation translation, VirtualAddress address, Span<byte> bytes, AccessKind access, out MemoryFault fault)
    {
        using SlowPathHold hold = callers.Hold();
        if (!TryMakePresent(translation, address, bytes.Length, access, out fault)) return false;
        for (int done = 0; done < bytes.Length;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(translation, at, access, out PhysicalAddress physical, out fault)) return false;
            Span<byte> part = bytes.Slice(done, Math.Min(bytes.Length - done, (int)VirtualAddress.PageSize - at.OffsetInPage));
            Span<byte> memory = ram.Bytes(physical.Frame).Slice(at.OffsetInPage, part.Length);
            if (access == AccessKind.Write)
            {
                ram.Observers.Note(physical.Frame);    // here, because the walk has granted and logged no right to write
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

    private bool TryMakePresent(PageTranslation translation, VirtualAddress address, int byteLength, AccessKind access,
        out MemoryFault fault)
    {
        using UnreportedAccess unreported = new(translation.Space.Watched);
        fault = default;
        for (int done = 0; done < byteLength;)
        {
            VirtualAddress at = address + (uint)done;
            if (!TryTranslate(translation, at, access, out _, out fault)) return false;
            done += (int)VirtualAddress.PageSize - at.OffsetInPage;
        }

        return true;
    }
}
