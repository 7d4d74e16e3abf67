using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Allocations;

/// <summary>Makes and removes allocations: the VAD, its charge, and the link from a section to its view.</summary>
internal sealed class VadStore(
    EngineParts core, NativeSlab<Vad> records, NativeSlab<View> views, SectionTable sections, PageWork pages)
{
    /// <summary>Adds private memory to a free range. Returns false without a record.</summary>
    public static bool TryAddPrivate(WindowsSpace space, PageRange range, VadFlags flags, out VadIndex index)
    {
        if (!space.Vads.TryAdd(range, flags, out index)) return false;
        space.CommitCharge += flags.CommitCharge;
        return true;
    }

    /// <summary>Adds a view to a free range. Returns false without a record.</summary>
    public bool TryAddView(WindowsSpace space, PageRange range, VadFlags flags, SectionObject section, uint pageOffset)
    {
        AreaStore areas = core.Machine.Areas;
        if (!views.TryAllocate(out uint view)) return false;    // records first: what follows cannot fail
        if (!areas.Slab.TryAllocate(out uint area))
        {
            views.Free(view);
            return false;
        }

        if (!space.Vads.TryAdd(range, flags, out VadIndex index))
        {
            areas.Slab.Free(area);
            views.Free(view);
            return false;
        }

        space.Vads[index].View = view;
        views[view] = new() { Section = section.Number, PageOffset = new(pageOffset), Area = area, Vad = index.Value };
        areas.Slab[area] = new()
        {
            First = range.First,
            Count = range.Count,
            Flags = AreaFlags.Shared | AreaFlags.MayShare | AreaFlags.Read | (flags.Protection.AllowsWrite && !flags.Protection.IsWriteCopy
                ? AreaFlags.Write | AreaFlags.MayWrite
                : AreaFlags.None),
            PageOffset = new(pageOffset),
            File = section.Open,
            Space = space.Space.Index,
        };
        areas.OfObjects.Link(section.File.Number, new(area));
        section.ViewCount++;
        space.CommitCharge += flags.CommitCharge;
        return true;
    }

    /// <summary>Removes an allocation with its pages, and gives its charge back.</summary>
    public void Remove(WindowsSpace space, VadIndex index)
    {
        PageRange range = space.Vads[index].Range;
        TakePages(space, range);
        TakeRecord(space, index);
        NoteRoom(space, range);
    }

    /// <summary>Removes the pages of a range that is released, and all records of them.</summary>
    public void TakePages(WindowsSpace space, PageRange range)
    {
        pages.Zap(space, range);
        space.Space.Tables.FreeEmptyTables(range);
        space.Written?.Clear(range.First.Value, range.Count.Value);
    }

    /// <summary>Removes every allocation of a process that ends.</summary>
    public void RemoveAll(WindowsSpace space)
    {
        pages.Zap(space, space.Space.Tables.UserPages);    // all at once: cheaper than VAD by VAD
        while (space.Vads.Root is { IsSome: true } root) TakeRecord(space, root);
    }

    /// <summary>Changes the charge of a VAD by pages that the commitment has been charged for, or that it is given back.</summary>
    public void Charge(WindowsSpace space, ref Vad vad, long pageCount)
    {
        if (pageCount < 0) core.Machine.Commitment.Uncharge(-pageCount);
        vad.Flags = vad.Flags.WithCharge((uint)(vad.Flags.CommitCharge + pageCount));
        space.CommitCharge += pageCount;
    }

    /// <summary>Pages have become free: room may begin there.</summary>
    public static void NoteRoom(WindowsSpace space, PageRange range)
    {
        PageNumber granule = AlignUp(range.First);
        if (granule < range.End && granule < space.LowestRoom) space.LowestRoom = granule;
    }

    /// <summary>The first page of the granule that begins at a page or after it.</summary>
    public static PageNumber AlignUp(PageNumber page) => new((page.Value + UserRange.GranulePages - 1) & ~(UserRange.GranulePages - 1));

    private void TakeRecord(WindowsSpace space, VadIndex index)
    {
        ref Vad vad = ref records[index.Value];
        Charge(space, ref vad, -(long)vad.Flags.CommitCharge);
        uint view = vad.View;
        space.Vads.Remove(index);
        if (view == 0) return;
        View gone = views[view];
        views.Free(view);
        SectionObject section = sections[gone.Section];
        core.Machine.Areas.OfObjects.Unlink(section.File.Number, new(gone.Area));
        core.Machine.Areas.Slab.Free(gone.Area);
        sections.DropView(section);    // last: the section may end with it
    }
}
