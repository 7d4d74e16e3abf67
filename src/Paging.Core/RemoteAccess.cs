using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>Accesses a process's memory on behalf of another: process_vm_readv(2), process_vm_writev(2), /proc/PID/mem.</summary>
/// <remarks>
/// Unlike the program's own access, a read needs PROT_READ, no area grows, and pages are marked as used in the frame, not in the entry. The
/// program's userfaultfd, devices and watchpoints work as for its own accesses; the marks of a <see cref="ByteShadow"/> refuse them, but
/// not forced ones, which a debugger or a core file makes. Linux: mm/gup.c get_user_pages_remote, check_vma_flags.
/// </remarks>
public readonly struct RemoteAccess
{
    private readonly AddressSpace? _memory;

    internal RemoteAccess(AddressSpace memory) => _memory = memory;

    /// <summary>Reads bytes upwards, and stops at the first page that cannot be read.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="forced">
    /// True to read whatever is mapped, without rights too, and to let a stack grow; of another system's process, what is in RAM. A page
    /// that a userfaultfd supplies is refused without a report. Linux: access_remote_vm, FOLL_FORCE.
    /// </param>
    /// <param name="reader">The memory of the process that reads, whose limits hold for a stack that grows; null: the same.</param>
    /// <returns>The number of bytes read.</returns>
    public int Read(VirtualAddress address, Span<byte> destination, bool forced = false, AddressSpace? reader = null)
    {
        if (Memory.CheckedSpace().Foreign is { } foreign) return ReadForeign(foreign, address, destination, forced);
        using UnawaitedAccess unawaited = forced ? new(Memory.Space) : default;
        using BorrowedLimits limits = new(Memory.Space, reader?.Space);
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, PartOf(at, destination.Length - done));
            AreaFlags flags = FlagsAt(at, forced);
            if ((flags & AreaFlags.Read) == 0 && !(forced && flags != AreaFlags.None)) break;
            int count = (flags & AreaFlags.Rights) != 0 ? ReadOpen(at, part, forced)
                : TryReadClosed(at, part) ? part.Length : 0;
            bool isGrown = count == 0 && forced && (FlagsAt(at, forced) & AreaFlags.Rights) == AreaFlags.None;
            if (isGrown && TryReadClosed(at, part)) count = part.Length;    // a stack without rights has just grown to the page
            if (count > 0) NoteUse(at, isWrite: false);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <summary>Reads the memory of another system's process. Accesses that are reported, as a guard page is, are not made.</summary>
    private int ReadForeign(IForeignSpace foreign, VirtualAddress address, Span<byte> destination, bool forced)
    {
        using SlowPathHold hold = Memory.Callers.Hold();
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, PartOf(at, destination.Length - done));
            int count = (foreign.RightsAt(at.Page) & MemoryProtection.Read) != 0 ? Memory.Mmu.CopyOut(at, part, out _)
                : forced && TryReadFrame(foreign, at, part) ? part.Length : 0;
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <summary>Reads a page that the program may not access now, if it is in RAM.</summary>
    private bool TryReadFrame(IForeignSpace foreign, VirtualAddress at, Span<byte> part)
    {
        PageTableEntry entry = Memory.Space.Tables.Read(at.Page);
        FrameNumber frame = entry.IsPresent ? entry.Frame : foreign.FrameOf(entry);
        if (frame.Value == 0 || !Memory.Mmu.Ram.HasBytes(frame)) return false;
        Memory.Mmu.Ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }

    /// <summary>Writes bytes upwards, and stops at the first page that the program could not write.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="forced">True to let a stack grow, and to write bytes that a <see cref="ByteShadow"/> refuses.</param>
    /// <param name="writer">As the reader of <see cref="Read"/>.</param>
    /// <returns>The number of bytes written.</returns>
    public int Write(VirtualAddress address, ReadOnlySpan<byte> source, bool forced = false, AddressSpace? writer = null)
    {
        using UnawaitedAccess unawaited = forced ? new(Memory.Space) : default;
        using BorrowedLimits limits = new(Memory.Space, writer?.Space);
        int done = 0;
        while (done < source.Length)
        {
            VirtualAddress at = address + (uint)done;
            ReadOnlySpan<byte> part = source.Slice(done, PartOf(at, source.Length - done));
            if ((FlagsAt(at, forced) & AreaFlags.Write) == 0) break;
            int count = WriteOpen(at, part, forced);
            if (count > 0) NoteUse(at, isWrite: true);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <summary>Reads within a page that the program may access.</summary>
    private int ReadOpen(VirtualAddress at, Span<byte> part, bool forced)
    {
        int count = Memory.Mmu.CopyOut(at, part, out MemoryFault fault);
        if (!forced || count == part.Length || !IsMarked(fault)) return count;
        using SlowPathHold hold = Memory.Hold();
        using ShadowPause pause = new(Memory.Space.Shadow);
        return count + Memory.Mmu.CopyOut(at + (uint)count, part[count..], out _);
    }

    /// <summary>Writes within a page that the program may write.</summary>
    private int WriteOpen(VirtualAddress at, ReadOnlySpan<byte> part, bool forced)
    {
        int count = Memory.Mmu.CopyIn(at, part, out MemoryFault fault);
        if (!forced || count == part.Length || !IsMarked(fault)) return count;
        using SlowPathHold hold = Memory.Hold();
        using ShadowPause pause = new(Memory.Space.Shadow);
        return count + Memory.Mmu.CopyIn(at + (uint)count, part[count..], out _);
    }

    private static bool IsMarked(in MemoryFault fault) =>
        fault.Kind is MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized;

    private static int PartOf(VirtualAddress at, int wanted) => Math.Min(wanted, (int)VirtualAddress.PageSize - at.OffsetInPage);

    /// <summary>
    /// The flags of the area at an address; none for a device, the embedder's own areas, and a hole, unless the program's access decides.
    /// </summary>
    internal AreaFlags FlagsAt(VirtualAddress at, bool forced)
    {
        using SlowPathHold hold = Memory.Hold();
        AreaIndex index = Memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone) return forced ? AreaFlags.Read | AreaFlags.Write : AreaFlags.None;    // a stack below may grow
        if (Memory.Space.Areas[index].HasAny(AreaFlags.Foreign | AreaFlags.Device)) return AreaFlags.None;    // VM_IO
        return Memory.Space.Areas[index].Flags | AreaFlags.MayExecute;    // never None
    }

    /// <summary>Reads within a page that the program itself may not access.</summary>
    private bool TryReadClosed(VirtualAddress at, Span<byte> part)
    {
        using SlowPathHold hold = Memory.Hold();
        AreaIndex index = Memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone || !Memory.Calls.Populate.TryShow(Memory.Space, index, at.Page)) return false;
        FrameNumber frame = Memory.Space.Tables.Read(at.Page).Frame;
        if (!Memory.Mmu.Ram.HasBytes(frame)) return false;
        Memory.Mmu.Ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }

    internal void NoteUse(VirtualAddress at, bool isWrite)
    {
        using SlowPathHold hold = Memory.Hold();
        Memory.Calls.Populate.NoteUse(Memory.Space, at.Page, isWrite);
    }

    private AddressSpace Memory => _memory ?? throw AddressSpace.OfNone();

    /// <summary>Lets accesses pass the marks of a shadow until it is disposed. The slow path is held meanwhile.</summary>
    private readonly ref struct ShadowPause : IDisposable
    {
        private readonly ShadowTree? _shadow;

        public ShadowPause(ShadowTree? shadow)
        {
            _shadow = shadow;
            shadow?.IsPaused = true;
        }

        public void Dispose() => _shadow?.IsPaused = false;
    }
}
