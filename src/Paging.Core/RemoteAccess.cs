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
public static class RemoteAccess
{
    /// <summary>Reads bytes upwards, and stops at the first page that cannot be read.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="forced">
    /// True to read whatever is mapped, without rights too, and to let a stack grow. Linux: access_remote_vm, FOLL_FORCE.
    /// </param>
    /// <returns>The number of bytes read.</returns>
    public static int ReadRemotely(this AddressSpace memory, VirtualAddress address, Span<byte> destination, bool forced = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        int done = 0;
        while (done < destination.Length)
        {
            VirtualAddress at = address + (uint)done;
            Span<byte> part = destination.Slice(done, PartOf(at, destination.Length - done));
            AreaFlags flags = FlagsAt(memory, at, forced);
            if ((flags & AreaFlags.Read) == 0 && !(forced && flags != AreaFlags.None)) break;
            int count = (flags & AreaFlags.Rights) != 0 ? memory.Mmu.CopyOut(at, part, out _)
                : TryReadClosed(memory, at, part) ? part.Length : 0;
            if (count > 0) NoteUse(memory, at, isWrite: false);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    /// <summary>Writes bytes upwards, and stops at the first page that the program could not write.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="forced">True to let a stack grow.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteRemotely(this AddressSpace memory, VirtualAddress address, ReadOnlySpan<byte> source, bool forced = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        int done = 0;
        while (done < source.Length)
        {
            VirtualAddress at = address + (uint)done;
            ReadOnlySpan<byte> part = source.Slice(done, PartOf(at, source.Length - done));
            if ((FlagsAt(memory, at, forced) & AreaFlags.Write) == 0) break;
            int count = memory.Mmu.CopyIn(at, part, out _);
            if (count > 0) NoteUse(memory, at, isWrite: true);
            done += count;
            if (count < part.Length) break;
        }

        return done;
    }

    private static int PartOf(VirtualAddress at, int wanted) => Math.Min(wanted, (int)VirtualAddress.PageSize - at.OffsetInPage);

    /// <summary>
    /// The flags of the area at an address; none for a device, the embedder's own areas, and a hole, unless the program's access decides.
    /// </summary>
    private static AreaFlags FlagsAt(AddressSpace memory, VirtualAddress at, bool forced)
    {
        using SlowPathTurn turn = memory.Turn();
        AreaIndex index = memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone) return forced ? AreaFlags.Read | AreaFlags.Write : AreaFlags.None;    // a stack below may grow
        if (memory.Space.Areas[index].HasAny(AreaFlags.Foreign | AreaFlags.Device)) return AreaFlags.None;    // VM_IO
        return memory.Space.Areas[index].Flags | AreaFlags.MayExecute;    // never None
    }

    /// <summary>Reads within a page that the program itself may not access.</summary>
    private static bool TryReadClosed(AddressSpace memory, VirtualAddress at, Span<byte> part)
    {
        using SlowPathTurn turn = memory.Turn();
        AreaIndex index = memory.Space.Areas.Tree.Covering(at.Page);
        if (index.IsNone || !memory.Calls.Populate.TryShow(memory.Space, index, at.Page)) return false;
        FrameNumber frame = memory.Space.Tables.Read(at.Page).Frame;
        if (!memory.Mmu.Ram.HasBytes(frame)) return false;
        memory.Mmu.Ram.Bytes(frame).Slice(at.OffsetInPage, part.Length).CopyTo(part);
        return true;
    }

    private static void NoteUse(AddressSpace memory, VirtualAddress at, bool isWrite)
    {
        using SlowPathTurn turn = memory.Turn();
        memory.Calls.Populate.NoteUse(memory.Space, at.Page, isWrite);
    }
}
