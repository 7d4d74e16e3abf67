using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>
/// remap_file_pages(2) as Linux emulates it since 4.0: the pages are mapped anew, with the rights and the file of the area that is there.
/// </summary>
internal static class AreaRemapping
{
    /// <returns>EINVAL: no shared mapping of one file covers the range; otherwise what mmap(2) says.</returns>
    public static Errno Execute(PagingEngine engine, AddressSpace space, VirtualAddress start, uint byteLength, uint pageOffset,
        MapFlags flags)
    {
        AreaIndex index = space.Areas.Tree.Covering(start.Page);
        if (index.IsNone || !space.Areas[index].Has(AreaFlags.Shared)) return Errno.EINVAL;
        Area area = space.Areas[index];
        PageNumber end = start.Page + PageCount.Covering(byteLength);
        if (!IsOneMapping(space, area, end)) return Errno.EINVAL;

        MapFlags kind = (flags & MapFlags.NonBlock) | MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate;
        if (area.Has(AreaFlags.Locked)) kind |= MapFlags.Locked;
        engine.Files.Hold(area.File);    // the area that holds it goes before the new one comes
        Errno error =
            MapOperation.Execute(space,
            new(start, byteLength, (MemoryProtection)(area.Flags & AreaFlags.Rights), kind, area.File, pageOffset), out _);
        engine.Files.Release(area.File);
        return error;
    }

    /// <summary>Areas of the same file and kind follow one another up to the end.</summary>
    private static bool IsOneMapping(AddressSpace space, in Area first, PageNumber end)
    {
        Area area = first;
        while (area.End < end)
        {
            if (area.Next.IsNone) return false;
            Area next = space.Areas[area.Next];
            if (next.First != area.End || next.File != first.File || next.Flags != first.Flags) return false;
            area = next;
        }

        return true;
    }
}
