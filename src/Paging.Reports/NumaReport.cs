using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/PID/numa_maps: there is one node, and no policy is set. Linux: fs/proc/task_mmu.c show_numa_map.</summary>
/// <remarks>Without active=, which in Linux includes unevictable pages, without writeback=, and without the pages of the pool.</remarks>
internal static class NumaReport
{
    /// <summary>Returns a line for each area: its start, its file or name, and the number of present pages of each kind.</summary>
    public static string Format(AddressSpace space)
    {
        StringBuilder text = new();
        foreach (AreaSnapshot area in space.Snapshot())
        {
            uint pageBytes = (uint)space.HugeFootprintAt(area.Range.First).PageBytes;
            if (pageBytes == 0) continue;    // another thread has unmapped it since
            text.Append(CultureInfo.InvariantCulture, $"{area.Range.First.Address.Value:x8} default");
            string name = MapsReport.NameOf(space, area);
            if (area.ObjectId != 0) MapsReport.AppendPath(text.Append(" file="), name, escaped: "\n\t= ");    // seq_file_path
            else if (name.Length != 0) text.Append(' ').Append(name.Trim('[', ']'));    // heap, stack
            if (pageBytes != VirtualAddress.PageSize) text.Append(" huge");
            AppendPages(text, space.FootprintAt(area.Range.First), pageBytes);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void AppendPages(StringBuilder text, in MemoryFootprint footprint, uint pageBytes)
    {
        ulong pages = footprint.Resident / pageBytes;
        if (pages == 0) return;    // show_numa_map ends the line then
        ulong anonymous = footprint.Anonymous / pageBytes;
        ulong dirty = (footprint.SharedDirty + footprint.PrivateDirty) / pageBytes;
        if (anonymous != 0) text.Append(CultureInfo.InvariantCulture, $" anon={anonymous}");
        if (dirty != 0) text.Append(CultureInfo.InvariantCulture, $" dirty={dirty}");
        ulong swapCached = footprint.SwapCached / pageBytes;
        if (pages != anonymous && pages != dirty) text.Append(CultureInfo.InvariantCulture, $" mapped={pages}");    // else nothing new
        if (footprint.MappingsMax > 1) text.Append(CultureInfo.InvariantCulture, $" mapmax={footprint.MappingsMax}");
        if (swapCached != 0) text.Append(CultureInfo.InvariantCulture, $" swapcache={swapCached}");
        text.Append(CultureInfo.InvariantCulture, $" N0={pages} kernelpagesize_kB={pageBytes >> 10}");
    }
}
