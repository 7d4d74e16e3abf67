using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks K2–K6: recounts the pool, its reservations and the transparent huge pages from tables, areas and objects.</summary>
internal static class HugeAudit
{
    public static void Run(EngineParts parts, AuditReport report)
    {
        HugePool pool = parts.Machine.HugePool;
        report.AddIfDifferent("K2", "free huge pages", pool.CountLinked(), pool.Free);
        HashSet<uint> used = [];
        long reserved = 0;
        foreach (FileObject file in parts.Files.OpenFiles.Objects) if (file.IsHuge) reserved += CountObject(parts, file, used, report);
        foreach (Space space in parts.Machine.Spaces.Live) reserved += CountSpace(parts, space, used, report);
        foreach (PinTable.Pin pin in parts.Machine.Pins.All)    // the host may have the only hold of a page that was unmapped
            if (parts.Machine.Frames[pin.Frame].State == FrameState.Kernel) used.Add(pool.FirstOf(pin.Frame).Value);
        long marked = used.Count(block => (parts.Machine.Frames[new(block)].Private & HugePool.Marked) != 0);
        report.AddIfDifferent("K2", "huge pages of the pool", pool.Free + used.Count, pool.Total);
        report.AddIfDifferent("K6", "reserved huge pages", reserved - marked, pool.Reserved);    // marked: reserved once given back
    }

    /// <summary>K3  the pages in an object's tree belong to it. Returns the reservations that it has not used.</summary>
    private static long CountObject(EngineParts parts, FileObject file, HashSet<uint> used, AuditReport report)
    {
        long reserved = 0;
        RadixForest forest = parts.Files.Cache.Forest;
        forest.Audit(in file.Pages, report);
        for (uint from = 0; forest.TryNext(in file.Pages, from, out uint index, out _); from = index + 1)
        {
            if (!parts.Files.Huge.TryFind(file, index, out FrameNumber block))
            {
                reserved++;
                continue;
            }

            used.Add(block.Value);
            ref FrameDescriptor first = ref parts.Machine.Frames[block];
            bool isItsOwn = first.State == FrameState.Kernel && first.Owner == file.Number && first.Index == index
                && (first.Private & HugePool.InObject) != 0;
            if (!isItsOwn)
                report.Add("K3", $"object {file.Number} huge page {index}: frame {block.Value:x5} is {first.State} of {first.Owner}");
        }

        return reserved;
    }

    private static long CountSpace(EngineParts parts, Space space, HashSet<uint> used, AuditReport report)
    {
        long reserved = 0;
        uint leaves = 0;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            FileObject? file = space.Areas.PoolObject(area);
            if (file is not null) reserved += CountReservations(parts, area, file, report);
            PageNumber from = area.First;
            while (space.Tables.Huge.TryNext(from, area.End, out PageNumber page, out PageTableEntry entry))
            {
                from = page + space.Tables.Huge.CountEach;
                EntryPlace where = new(space.ProcessId, page, entry);
                if (space.HugeLines.IsOfPool(entry) != (file is not null))
                    report.Add("K3", $"{where}: of the pool, or in its area, but not both");
                if (page < area.First || from > area.End) report.Add("K5", $"{where}: a huge page reaches beyond its area");
                if (file is null) leaves += space.HugeLines.IsOfObject(entry) ? 0u : 1;    // leaves of shared memory have none
                else if (used.Add(entry.Frame.Value)    // once each
                    && parts.Machine.Frames.Named(entry.Frame).Owner is uint owner && owner != file.Number)
                    report.Add("K3", $"{where}: a page of object {owner} in an area of {file.Number}");
            }
        }

        report.AddIfDifferent("K5", $"process {space.ProcessId}: tables in reserve", leaves, space.HugeLines.Count);
        return reserved;
    }

    /// <summary>K4  an owner's unused reservations: the huge pages of its area less those that its open file notes as used.</summary>
    private static long CountReservations(EngineParts parts, in Area area, FileObject file, AuditReport report)
    {
        if (area.HasAny(AreaFlags.LockedMask | AreaFlags.Accounted))
            report.Add("K4", $"area at {area.First}: of the pool, with {area.Flags}");
        if (!area.HasAny(PoolAreas.Owner)) return 0;    // only the owner's reservations are in the pool's count
        long reserved = 0;
        for (uint i = 0; i < area.Count.Value >> file.HugeOrder; i++)
            if (parts.Files.Pool.IsReserved(area, file.HugeIndexOf(area, area.First) + i)) reserved++;
        return reserved;
    }
}
