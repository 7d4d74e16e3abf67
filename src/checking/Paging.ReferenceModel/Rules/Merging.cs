using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>When neighbouring areas become one (DIALECT section 6). Linux: mm/vma.c.</summary>
internal static class Merging
{
    /// <summary>
    /// Lets the neighbours of a free range take a new stretch in; the area that has it now, or none. Linux: vma_merge_new_range.
    /// </summary>
    /// <param name="areas">The areas; none lies in the proposal's range.</param>
    /// <param name="proposal">The new stretch.</param>
    public static Area? JoinNew(AreaList areas, in MergeProposal proposal)
    {
        Area? below = areas.LastEndingBy(proposal.Range.First), above = areas.FirstEndingAfter(proposal.Range.First);
        bool joinsBelow = proposal.Continues(below);
        bool joinsAbove = proposal.IsContinuedBy(above) && (!joinsBelow || MergeProposal.FitEachOther(below!, above!));
        if (joinsBelow)
        {
            //  ├── below ──┤├── proposal ──┤├── above ──┤    the lowest one grows, the one above goes
            below!.FinishAt(joinsAbove ? above!.End : proposal.Range.End);
            below.Flags |= proposal.Flags & AreaFlags.MayHaveGuards;
            if (joinsAbove)
            {
                below.Flags |= above!.Flags & AreaFlags.MayHaveGuards;
                below.History ??= above!.History;
                areas.Remove(above!);
            }
            below.History ??= proposal.History;
            return below;
        }
        if (!joinsAbove) return null;
        above!.BeginAt(proposal.Range.First);
        above.Flags |= proposal.Flags & AreaFlags.MayHaveGuards;
        above.History ??= proposal.History;
        return above;
    }

    /// <summary>Same as <see cref="JoinNew"/>, and makes an area of its own where no neighbour takes the stretch in.</summary>
    public static Area JoinNewOrInsert(AreaList areas, in MergeProposal proposal)
    {
        if (JoinNew(areas, proposal) is { } joined) return joined;
        Area area = proposal.ToArea();
        areas.Insert(area);
        return area;
    }

    /// <summary>
    /// Gives a part of an area other flags: joins it with its neighbours where they fit, splits it off where they do not.
    /// Linux: vma_modify_flags.
    /// </summary>
    /// <param name="process">The owner of the areas.</param>
    /// <param name="area">The area of the part; afterwards the one that has the part now, which may reach beyond it.</param>
    /// <param name="part">The part that changes.</param>
    /// <param name="flags">Its new flags.</param>
    /// <returns>ENOMEM: a cut too many for max_map_count. EINVAL: it would cut a huge page of the pool. One before it stays.</returns>
    public static Errno Modify(ModelProcess process, ref Area area, PageRange part, AreaFlags flags)
    {
        if (flags == area.Flags) return Errno.None;    // a call that changes nothing about an area does not join it either
        if (!area.IsOfPool && JoinExisting(process.Areas, area, part, flags) is { } joined)
        {
            area = joined;
            process.Pages.SplitAt(part.First);
            process.Pages.SplitAt(part.End);
            return Errno.None;
        }

        Errno error = process.SplitForChangeAt(part.First);
        if (error == Errno.None) error = process.SplitForChangeAt(part.End);
        if (error != Errno.None) return error;
        area = process.Areas.Covering(part.First)!;
        area.Flags = flags;
        return Errno.None;
    }

    /// <summary>Linux: vma_merge_existing_range.</summary>
    private static Area? JoinExisting(AreaList areas, Area middle, PageRange part, AreaFlags flags)
    {
        MergeProposal changed = new(part, flags, middle.File, middle.OffsetAt(part.First), middle.History);
        bool fromStart = part.First == middle.First, toEnd = part.End == middle.End;
        Area? below = fromStart ? areas.Before(middle) : null, above = toEnd ? areas.After(middle) : null;
        bool joinsBelow = changed.Continues(below);
        bool joinsAbove = changed.IsContinuedBy(above) && (!joinsBelow || MergeProposal.FitEachOther(below!, above!));
        if (!joinsBelow && !joinsAbove) return null;

        AreaFlags guards = middle.Flags & AreaFlags.MayHaveGuards;
        if (fromStart && toEnd) areas.Remove(middle);
        if (joinsBelow && joinsAbove)
        {
            //  ├── below ──┤├── middle ──┤├── above ──┤    the first grows over both
            areas.Remove(above!);
            below!.FinishAt(above!.End);
            below.Flags |= guards | (above.Flags & AreaFlags.MayHaveGuards);
            below.History ??= above.History ?? middle.History;
            return below;
        }
        if (joinsBelow)
        {
            //  ├── below ──┤├─ part ─┤· rest of middle ·┤    below grows, middle shrinks or goes
            if (!toEnd) middle.BeginAt(part.End);
            below!.FinishAt(part.End);
            below.Flags |= guards;
            below.History ??= middle.History;
            return below;
        }
        //  ├· rest of middle ·├─ part ─┤├── above ──┤
        if (!fromStart) middle.FinishAt(part.First);
        above!.BeginAt(part.First);
        above.Flags |= guards;
        above.History ??= middle.History;
        return above;
    }
}
