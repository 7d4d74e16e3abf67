using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mseal(2). munmap, mprotect, mremap, madvise and every call that replaces a mapping enforce the seals.</summary>
/// <remarks>Linux: mm/mseal.c do_mseal, range_contains_unmapped, mseal_apply.</remarks>
internal static class SealOperation
{
    public static Errno Execute(Space space, VirtualAddress start, uint byteLength)
    {
        if (!start.IsPageAligned) return Errno.EINVAL;
        if (byteLength == 0) return Errno.None;
        // Only 64-bit kernels have the call. Start plus length of an i386 program does not wrap there, and nothing is mapped that far up.
        if (!PageRange.TryCover(start, byteLength, out PageRange range) || !IsWhole(space, range)) return Errno.ENOMEM;
        for (PageNumber page = range.First; page < range.End;)    // a hole has refused the call before anything is sealed
        {
            AreaIndex index = space.Areas.Tree.Covering(page);
            PageRange part = space.Areas[index].Range.Intersect(PageRange.Between(page, range.End));
            Errno error = Seal(space, index, part);
            if (error != Errno.None) return error;
            page = part.End;
        }

        return Errno.None;
    }

    /// <summary>Returns true if the process has mapped every page of a range.</summary>
    private static bool IsWhole(Space space, PageRange range)
    {
        PageNumber end = range.First;
        AreaIndex index = space.Areas.Tree.FirstIn(range);
        for (; index.IsSome && space.Areas[index].First <= end && end < range.End; index = space.Areas[index].Next)
        {
            if (space.Areas[index].Has(AreaFlags.Foreign)) return false;    // reserved by the embedder
            end = space.Areas[index].End;
        }

        return end >= range.End;
    }

    private static Errno Seal(Space space, AreaIndex index, PageRange part)
    {
        ref Area area = ref space.Areas[index];
        if (area.Has(AreaFlags.Sealed)) return Errno.None;
        AreaFlags flags = area.Flags | AreaFlags.Sealed;
        Errno error = space.Areas.Modify(index, part, flags, out AreaIndex changed);
        if (error == Errno.None) space.Areas.SetFlags(changed, flags);
        return error;
    }
}
