using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core;

/// <summary>Accesses a process's memory on behalf of another: process_vm_readv(2), process_vm_writev(2), /proc/PID/mem.</summary>
/// <remarks>
/// Unlike the program's own access, a read needs PROT_READ, no area grows, and pages are marked as used in the frame, not in the entry. The
/// program's userfaultfd, devices and watchpoints work as for its own accesses. Linux: mm/gup.c get_user_pages_remote, check_vma_flags.
/// </remarks>
public readonly struct RemoteAccess
{
    private readonly AddressSpace? _memory;

    internal RemoteAccess(AddressSpace memory) => _memory = memory;

    /// <summary>Reads bytes upwards, and stops at the first page that cannot be read.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="forced">
    /// True to read whatever is mapped, without rights too, and to let a stack grow. Linux: access_remote_vm, FOLL_FORCE.
    /// </param>
    /// <returns>The number of bytes read.</returns>
    public int Read(VirtualAddress address, Span<byte> destination, bool forced = false)
    {
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, PartOf(at, destination.Length - done));
            AreaFlags flags = FlagsAt(at, forced);
            if ((flags & AreaFlags.Read) == 0 && !(forced && flags != AreaFlags.None)) break;
            int count = (flags & AreaFlags.Rights) != 0 ? Memory.Mmu.CopyOut(at, part, out _)
                : TryReadClosed(at, part) ? part.Length : 0;
            bool isGrown = count == 0 && forced && (FlagsAt(at, forced) & AreaFlags.Rights) == AreaFlags.None;
            if (isGrown && TryReadClosed(at, part)) count = part.Length;    // a stack without rights has just grown to the page
            if (count > 0) NoteUse(at, isWrite: false);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <summary>Writes bytes upwards, and stops at the first page that the program could not write.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="forced">True to let a stack grow.</param>
    /// <returns>The number of bytes written.</returns>
    public int Write(VirtualAddress address, ReadOnlySpan<byte> source, bool forced = false)
    {
        int done = 0;
        while (done < source.Length)
        {
            VirtualAddress at = address + (uint)done;
            ReadOnlySpan<byte> part = source.Slice(done, PartOf(at, source.Length - done));
            if ((FlagsAt(at, forced) & AreaFlags.Write) == 0) break;
            int count = Memory.Mmu.CopyIn(at, part, out _);
            if (count > 0) NoteUse(at, isWrite: true);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    private static int PartOf(VirtualAddress at, int wanted) => Math.Min(wanted, (int)VirtualAddress.PageSize - at.OffsetInPage);

    /// <summary>
    /// The flags of the area at an address; none for a device, the embedder's own areas, and a hole, unless the program's access decides.
    /// </summary>
    private AreaFlags FlagsAt(VirtualAddress at, bool forced)
    {
        using SlowPathTurn turn = Memory.Turn();
        AreaIndex index = Memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone) return forced ? AreaFlags.Read | AreaFlags.Write : AreaFlags.None;    // a stack below may grow
        if (Memory.Space.Areas[index].HasAny(AreaFlags.Foreign | AreaFlags.Device)) return AreaFlags.None;    // VM_IO
        return Memory.Space.Areas[index].Flags | AreaFlags.MayExecute;    // never None
    }

    /// <summary>Reads within a page that the program itself may not access.</summary>
    private bool TryReadClosed(VirtualAddress at, Span<byte> part)
    {
        using SlowPathTurn turn = Memory.Turn();
        AreaIndex index = Memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone || !Memory.Calls.Populate.TryShow(Memory.Space, index, at.Page)) return false;
        FrameNumber frame = Memory.Space.Tables.Read(at.Page).Frame;
        if (!Memory.Mmu.Ram.HasBytes(frame)) return false;
        Memory.Mmu.Ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }

    private void NoteUse(VirtualAddress at, bool isWrite)
    {
        using SlowPathTurn turn = Memory.Turn();
        Memory.Calls.Populate.NoteUse(Memory.Space, at.Page, isWrite);
    }

    private AddressSpace Memory => _memory ?? throw AddressSpace.OfNone();
}
