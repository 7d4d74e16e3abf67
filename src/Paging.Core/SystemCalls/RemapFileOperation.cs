using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements remap_file_pages(2) as Linux has emulated it since 4.0: by a new mapping.</summary>
/// <remarks>The new mapping has the rights and the file of the old area. Linux: mm/mmap.c remap_file_pages.</remarks>
internal sealed class RemapFileOperation(OpenFileTable files, MapOperation map)
{
    /// <summary>Maps the range to other pages of its file.</summary>
    /// <returns>EINVAL: no shared mapping of one file covers the range. Otherwise the errors of mmap(2).</returns>
    public Errno Execute(Space space, VirtualAddress start, uint byteLength, FilePage offset, MapFlags flags)
    {
        AreaIndex index = space.Areas.Tree.Covering(start.Page);
        if (index.IsNone || !space.Areas[index].Has(AreaFlags.Shared)) return Errno.EINVAL;
        Area area = space.Areas[index];    // a copy: the new mapping removes the record
        PageNumber end = start.Page + PageCount.Covering(byteLength);
        if (!IsOneMapping(space, area, end)) return Errno.EINVAL;

        MapFlags kind = (flags & MapFlags.NonBlock) | MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate;
        if (area.Has(AreaFlags.Locked)) kind |= MapFlags.Locked;
        files.Hold(area.File);    // the old area is removed, and its reference dropped, before the new one exists
        MemoryProtection rights = (MemoryProtection)(area.Flags & AreaFlags.Rights);
        MapRequest request = new(start, byteLength, rights, kind, (ulong)offset.ByteOffset, file: area.File);
        Errno error = map.Execute(space, ref request, null, out _);
        files.Release(area.File);
        return error;
    }

    /// <summary>Returns true if areas of the same file and kind cover everything up to the end.</summary>
    private static bool IsOneMapping(Space space, in Area first, PageNumber end)
    {
        Area area = first;
        while (area.End < end)
        {
            if (area.Next.IsNone) return false;
            Area next = space.Areas[area.Next];
            if (next.First != area.End || next.File != first.File || ((next.Flags ^ first.Flags) & ~AreaSet.NotCompared) != 0) return false;
            area = next;
        }

        return true;
    }
}
