using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements brk(2) as the raw system call: returns the break afterwards, which is unchanged if the call is refused.</summary>
/// <remarks>Edits areas only and takes no frame. Linux: mm/mmap.c brk, mm/vma.c do_brk_flags.</remarks>
internal sealed class BreakOperation(Commitment commitment, UnmapOperation unmap, Populate populate)
{
    public VirtualAddress Execute(Space space, VirtualAddress wanted)
    {
        VirtualAddress start = space.Layout.StartBreak;
        ProgramExtents image = space.Layout.Image;
        ulong data = (ulong)(wanted - start) + (image.EndData - image.StartData);    // Linux: check_data_rlimit
        if (wanted < start || data > space.Limits.Data) return space.Break;    // bytes, not whole pages

        PageNumber oldEnd = PageCountOf(space.Break);
        PageNumber newEnd = PageCountOf(wanted);
        bool done = oldEnd == newEnd || (wanted <= space.Break ? TryShrink(space, newEnd, oldEnd) : TryGrow(space, oldEnd, newEnd));
        if (!done) return space.Break;
        space.Break = wanted;    // before the pages are filled, whose failure does not count
        if (newEnd > oldEnd && (space.DefaultFlags & AreaFlags.Locked) != 0)
            populate.Fill(space, PageRange.Between(oldEnd, newEnd), goOn: true);
        return wanted;
    }

    /// <summary>Returns the first page after the break.</summary>
    private static PageNumber PageCountOf(VirtualAddress address) => new(PageCount.Covering(address.Value).Value);

    /// <summary>Unmaps everything in between, even other mappings. Returns false if nothing is mapped there.</summary>
    private bool TryShrink(Space space, PageNumber newEnd, PageNumber oldEnd)
    {
        PageRange range = PageRange.Between(newEnd, oldEnd);
        return space.Areas.Tree.FirstIn(range).IsSome && unmap.Remove(space, range) == Errno.None;
    }

    private bool TryGrow(Space space, PageNumber oldEnd, PageNumber newEnd)
    {
        PageRange range = PageRange.Between(oldEnd, newEnd);
        long pages = range.Count.Value;
        if (!space.Holds(range) || !MemoryLimits.MayLock(space, space.DefaultFlags, pages)) return false;

        // One page stays free below the next area. If that one grows down, its guard gap stays free as well.
        AreaIndex next = space.Areas.Tree.FirstEndingAfter(oldEnd);    // also finds an area between the two breaks
        if (next.IsSome && newEnd + PageCount.One > space.Areas[next].FirstWithGuard) return false;

        AreaFlags flags = AreaFlags.Read | AreaFlags.Write | AreaFlags.MayWrite | AreaFlags.MayExecute
            | AreaFlags.Accounted | space.DefaultFlags;
        if (space.ReadImpliesExecute) flags |= AreaFlags.Execute;    // VM_DATA_DEFAULT_FLAGS
        if (space.MergesAll) flags |= AreaFlags.Mergeable;
        // Not >=: Linux too lets the count reach max_map_count + 1 here.
        if (!MemoryLimits.MayExpand(space, flags, pages) || space.Areas.Count > space.Areas.MaxCount) return false;
        if (!commitment.TryCharge(pages)) return false;    // last of the checks, because it is the only one to be undone
        if (!TryAdd(space, range, next, flags))
        {
            commitment.Uncharge(pages);
            return false;
        }

        space.Statistics.Account(flags, pages);
        return true;
    }

    private static bool TryAdd(Space space, PageRange range, AreaIndex next, AreaFlags flags)
    {
        // The first area of a heap never joins an area below the initial break (vma_prev_limit).
        AreaIndex previous = next.IsSome ? space.Areas[next].Previous : space.Areas.Tree.Last;
        if (previous.IsSome && space.Areas[previous].End == range.First && range.First.Address > space.Layout.StartBreak)
        {
            AreaMerge merge = new()
            {
                Previous = previous,
                First = range.First,
                End = range.End,
                PageOffset = Area.PositionOf(range.First),
                Flags = flags,
                OnlyBelow = true,    // do_brk_flags merges with the area below alone
            };
            if (space.Areas.MergeNew(ref merge).IsSome) return true;
        }

        return space.Areas.TryAdd(range, flags, OpenFileIndex.None, Area.PositionOf(range.First), out _);
    }
}
