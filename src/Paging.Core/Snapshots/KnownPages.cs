using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Writes the runs of pages that a clone still has from its image, without a look at each page.</summary>
/// <remarks>
/// Compares the words of page tables with those of the image. A table that the clone has not needed yet stays as it is.
/// Cost: a vector compare for each table, and O(runs). A table of the image with a page that was written costs O(its runs), too.
/// </remarks>
/// <param name="ram">Physical memory.</param>
/// <param name="space">The memory of the process.</param>
/// <param name="image">Those of the image, whose frames lie in memory of the delta's ancestors.</param>
/// <param name="writer">Receives the runs.</param>
/// <param name="delta">Receives the pages.</param>
/// <param name="shared">Finds the pages that processes of an engine share; null: the process is saved alone.</param>
internal sealed class KnownPages(
    PhysicalMemory ram, Space space, ImagePageTables image, ChecksummedWriter writer, DeltaPages delta, SharedPages? shared)
{
    /// <summary>Writes the pages from a page on up to the first one whose entry differs, or whose table the image does not have.</summary>
    /// <returns>That page, or the end.</returns>
    public PageNumber Write(PageNumber from)
    {
        while (from < space.Tables.End)
        {
            int index = space.Tables.IndexOf(from);
            if (!image.All.Contains(index) || !TryFindEnd(index, from, out int end)) break;
            int start = (int)(from - space.Tables.FirstOf(index)).Value;
            WriteRuns(space.Tables.FirstOf(index), image.RunsOf(index), start, end);
            from = space.Tables.FirstOf(index) + new PageCount((uint)end);
            if (end <= space.Tables.EntryMask) break;
        }

        return from;
    }

    /// <summary>The next page at which <see cref="Write"/> may go on: the start of a table of the image, or the end.</summary>
    public PageNumber LimitOf(PageNumber page)
    {
        int next = image.All.NextFrom(space.Tables.IndexOf(page) + 1);
        return next < 0 || space.Tables.FirstOf(next) > space.Tables.End ? space.Tables.End : space.Tables.FirstOf(next);
    }

    /// <summary>Finds the first entry from a page on that differs. Returns false if the process has no such table.</summary>
    private bool TryFindEnd(int index, PageNumber from, out int end)
    {
        end = space.Tables.EntryMask + 1;
        if (space.Tables.Loans.Image?.Has(image, index) == true) return true;
        PageDirectoryEntry upper = space.Tables.UpperAt(index);
        if (!space.Tables.IsTable(upper)) return false;
        ReadOnlySpan<byte> words = ram.Bytes(upper.Table);
        int width = space.Tables.IsWide ? sizeof(ulong) : sizeof(uint), start = (int)(from - space.Tables.FirstOf(index)).Value * width;
        ReadOnlySpan<byte> known = image.WordsOf(index)[start..];
        words = words[start..];
        if (!words.SequenceEqual(known)) end = (start + words.CommonPrefixLength(known)) / width;
        return true;
    }

    private void WriteRuns(PageNumber first, ReadOnlySpan<EntryRun> runs, int start, int end)
    {
        foreach (EntryRun run in runs)
        {
            int from = Math.Max(start, run.Start), to = Math.Min(end, run.End);
            while (from < to)
            {
                PageTableEntry entry = run.EntryAt(from);
                uint count = (uint)Math.Min(to - from, (int)SnapshotFormat.PagesOfRunMax);
                PageNumber page = first + new PageCount((uint)from);
                if (!entry.IsPresent) SnapshotFormat.WriteRun(writer, page, count, SnapshotFormat.GuardRun);
                else if (EntryWords.IsZeroPage(entry)) count = WriteZeros(page, entry, count);
                else count = WritePages(page, entry, run.IsSame ? 1 : count);
                from += (int)count;
            }
        }
    }

    private uint WritePages(PageNumber page, PageTableEntry entry, uint count)
    {
        uint bits = (uint)entry.Word & SnapshotFormat.SavedBits;
        if (shared is not null)
        {
            count = shared.FindImage(space, page, entry.Frame, count, out SavedPage first);
            if (first.Process != shared.Process)
            {
                SnapshotFormat.WriteRepeated(writer, page, count, bits, first);
                return count;
            }

            bits |= SnapshotFormat.SharedRun;
        }

        ReadOnlySpan<byte> bytes = ram.Bytes(entry.Frame);
        uint added = delta.Refer(bytes, count);
        if (added == 0) delta.Add(bytes, page.Value);
        added = Math.Max(added, 1);
        SnapshotFormat.WriteRun(writer, page, added, bits | SnapshotFormat.FarRun);
        return added;
    }

    // Pages of zeros are written only where they hide a file.
    private uint WriteZeros(PageNumber page, PageTableEntry entry, uint count)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone) return 1;
        ref readonly Area area = ref space.Areas[index];
        count = Math.Min(count, (area.End - page).Value);
        if (!area.File.IsNone)
            SnapshotFormat.WriteRun(writer, page, count, ((uint)entry.Word & SnapshotFormat.SavedBits) | SnapshotFormat.ZeroRun);
        return count;
    }
}
