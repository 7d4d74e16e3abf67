using Paging.Core.Files;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements msync(2).</summary>
/// <remarks>A hole makes the result ENOMEM, after the rest of the range was handled. Linux: mm/msync.c.</remarks>
internal sealed class SyncOperation(FileWriteback writeback)
{
    public Errno Execute(Space space, VirtualAddress start, uint byteLength, SyncFlags flags)
    {
        const SyncFlags known = SyncFlags.Async | SyncFlags.Invalidate | SyncFlags.Sync;
        const SyncFlags both = SyncFlags.Async | SyncFlags.Sync;
        if ((flags & ~known) != 0 || !start.IsPageAligned || (flags & both) == both) return Errno.EINVAL;
        if (byteLength == 0) return Errno.None;
        if (!PageRange.TryCover(start, byteLength, out PageRange range)) return Errno.ENOMEM;

        Errno result = Errno.None;
        PageNumber page = range.First;
        while (page < range.End)
        {
            AreaIndex index = space.Areas.Tree.FirstEndingAfter(page);
            if (index.IsNone || space.Areas[index].First >= range.End) return Errno.ENOMEM;
            ref Area area = ref space.Areas[index];
            if (area.First > page)
            {
                if (flags == SyncFlags.Async) return Errno.ENOMEM;    // MS_ASYNC alone has nothing left to check or write
                result = Errno.ENOMEM;
            }

            if ((flags & SyncFlags.Invalidate) != 0 && area.Has(AreaFlags.Locked)) return Errno.EBUSY;    // all that MS_INVALIDATE does
            if ((flags & SyncFlags.Sync) != 0 && area.Has(AreaFlags.Shared) && area.File.IsSome)
            {
                PageRange part = area.Range.Intersect(PageRange.Between(page, range.End));
                Errno error = writeback.Synchronize(area.File, FilePageRange.Of(area.OffsetOf(part.First), part.Count.Value));
                if (error != Errno.None) return error;
            }

            page = area.End;
        }

        return result;
    }

    /// <summary>Writes back the dirty pages that shared areas of the range map, of files that are written through.</summary>
    public void WriteBack(Space space, VirtualAddress start, uint byteLength)
    {
        if (!writeback.AnyDirty || !PageRange.TryCover(start, byteLength, out PageRange range)) return;
        AreaIndex index = space.Areas.Tree.FirstEndingAfter(range.First);
        for (; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            ref readonly Area area = ref space.Areas[index];
            if (!area.Has(AreaFlags.Shared) || !area.File.IsSome) continue;
            PageRange part = area.Range.Intersect(range);
            writeback.WriteBack(area.File, FilePageRange.Of(area.OffsetOf(part.First), part.Count.Value));
        }
    }
}
