using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>
/// Faults on pool pages: taking a page, and taking one back from other processes (docs/DIALECT-HUGE.md section 5). Linux: hugetlb_fault.
/// </summary>
internal static class PoolFaults
{
    public static Touched BringIn(ModelProcess process, Area area, PageNumber page, AccessKind access)
    {
        HugePool pool = area.Pool!;
        if (pool.IsGiant) return Touched.Refused(MemoryFaultKind.BusError);    // its pool is always empty
        process.Pages.Lines.AddDirectory(page);
        PageNumber line = process.Pages.Lines.LineOf(page);
        bool isCopied = access == AccessKind.Write && !area.IsShared;
        if (process.Pages.Lines.At(page) is { } entry)
        {
            if (!isCopied || entry.IsExclusive) return Touched.Done(wasFault: false);
            return MakeWritable(process, area, line, entry);
        }

        if (Take(area, line, out bool isOfObject) is not { } block) return Touched.Refused(MemoryFaultKind.BusError);
        entry = new HugeEntry(block) { IsOfPool = true, IsOfObject = isOfObject, IsExclusive = area.IsShared };
        process.Pages.PutHuge(line, entry);
        return isCopied ? MakeWritable(process, area, line, entry) : Touched.Done(wasFault: true);
    }

    /// <summary>The page of the object, or a new one. Linux: hugetlb_no_page.</summary>
    private static HugeBlock? Take(Area area, PageNumber line, out bool isOfObject)
    {
        HugeObject contents = area.File!.Contents.Huge!;
        long index = area.HugeIndexAt(line);
        isOfObject = true;
        if (area.IsRobbed) return null;
        if (contents.Find(index) is { } there) return there;
        if (index >= area.File.Contents.Length / contents.Pool.BytesEach) return null;
        isOfObject = area.Has(AreaFlags.MadeShared);
        if (isOfObject) return contents.Make(index);
        area.History ??= new History(isInherited: false);
        return TakePrivate(area, index);
    }

    private static HugeBlock? TakePrivate(Area area, long index)
    {
        HugePool pool = area.Pool!;
        bool isReserved = area.Claim is { } claim && !claim.Used.Contains(index);
        if (!(isReserved ? pool.TryTakeReserved() : pool.TryTake())) return null;
        area.Claim?.Used.Add(index);
        return new HugeBlock(pool.PagesEach, pool);
    }

    /// <summary>A store to a page of a private area that is not writable there. Linux: hugetlb_wp.</summary>
    private static Touched MakeWritable(ModelProcess process, Area area, PageNumber line, HugeEntry entry)
    {
        HugeBlock old = entry.Block!;
        if (!entry.IsOfObject && old.EntryCount == 1)
        {
            entry.IsExclusive = true;
            return Touched.Done(wasFault: true);
        }

        bool isOwner = area.Claim is not null && !entry.IsOfObject;
        HugeBlock? copy = !isOwner ? TakePrivate(area, area.HugeIndexAt(line))
            : area.Pool!.TryTake() ? new HugeBlock(area.Pool.PagesEach, area.Pool) : null;
        if (copy is null)
        {
            if (!isOwner) return Touched.Refused(MemoryFaultKind.BusError);
            TakeBack(process, area, old);
            entry.IsExclusive = true;
            return Touched.Done(wasFault: true);
        }

        area.History ??= new History(isInherited: false);
        old.CopyTo(copy);
        process.Pages.RemoveHuge(line);
        process.Pages.PutHuge(line, new HugeEntry(copy) { IsOfPool = true, IsExclusive = true });
        return Touched.Done(wasFault: true);
    }

    /// <summary>Unmaps the owner's page from every process that inherited it. Linux: unmap_ref_private.</summary>
    private static void TakeBack(ModelProcess owner, Area ownersArea, HugeBlock block)
    {
        foreach (ModelProcess process in owner.Machine.Processes)
        {
            foreach ((PageRange line, HugeEntry entry) in process.Pages.Lines.Entries.ToList())
            {
                if (entry.Block != block || process.Areas.Covering(line.First) is not { } area || area == ownersArea) continue;
                process.Pages.RemoveHuge(line.First);
                area.IsRobbed = true;
            }
        }
    }
}
