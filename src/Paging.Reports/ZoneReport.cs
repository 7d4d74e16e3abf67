using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/zoneinfo and /proc/buddyinfo: the zones of memory and their free blocks.</summary>
/// <remarks>
/// A zone that RAM does not reach is named without figures, as Linux names an empty one; so is Movable, which the engine never has.
/// Lines that the engine cannot answer are left out, as in vmstat. Linux: mm/vmstat.c zoneinfo_show_print, frag_show_print.
/// </remarks>
internal static class ZoneReport
{
    private const string Movable = "Movable";

    public static string FormatZoneInfo(PagingEngine engine)
    {
        StringBuilder text = new();
        IReadOnlyList<ZoneMemory> zones = engine.Frames.CountZones();
        MachineMemory memory = engine.Memory;
        foreach (ZoneMemory zone in zones)
        {
            AppendName(text, zone.Name);
            if (zone.First.Value == 0) AppendNode(text, memory);    // the first zone with RAM. Linux: is_zone_first_populated
            AppendSizes(text, zone);
            if (zone.Present.Value != 0) AppendCounts(text, zone);    // as populated_zone ends it there
        }

        AppendName(text, Movable);
        AppendSizes(text, null);
        return text.ToString();
    }

    /// <summary>Free frames outside the blocks are not counted, as those on the kernel's lists for single processors are not.</summary>
    public static string FormatBuddyInfo(PagingEngine engine)
    {
        StringBuilder text = new();
        foreach (ZoneMemory zone in engine.Frames.CountZones())
        {
            if (zone.Present.Value == 0) continue;    // frag_show skips those, zoneinfo does not
            text.Append(CultureInfo.InvariantCulture, $"Node 0, zone {zone.Name,8} ");
            foreach (uint blocks in zone.FreeBlocks) text.Append(CultureInfo.InvariantCulture, $"{blocks,6} ");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void AppendName(StringBuilder text, string zone) =>
        text.Append(CultureInfo.InvariantCulture, $"Node 0, zone {zone,8}\n");

    private static void AppendLine(StringBuilder text, string name, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"      {name,-12} {value}\n");

    private static void AppendNode(StringBuilder text, MachineMemory memory)
    {
        text.Append("  per-node stats\n");
        AppendLine(text, "nr_inactive_anon", memory.InactiveAnonymous.Value);
        AppendLine(text, "nr_active_anon", memory.ActiveAnonymous.Value);
        AppendLine(text, "nr_inactive_file", memory.InactiveFile.Value);
        AppendLine(text, "nr_active_file", memory.ActiveFile.Value);
        AppendLine(text, "nr_unevictable", memory.Unevictable.Value);
        AppendLine(text, "nr_anon_pages", memory.MappedAnonymous.Value);
        AppendLine(text, "nr_mapped", memory.MappedCached.Value);
        AppendLine(text, "nr_file_pages", memory.Cached.Value + memory.SwapCached.Value);
        AppendLine(text, "nr_dirty", memory.Dirty.Value);
        AppendLine(text, "nr_writeback", memory.Writeback.Value);
        AppendLine(text, "nr_shmem", memory.Shared.Value);
        AppendLine(text, "nr_page_table_pages", memory.PageTables.Value);
        AppendLine(text, "nr_swapcached", memory.SwapCached.Value);
    }

    private static void AppendSizes(StringBuilder text, ZoneMemory? zone)
    {
        void Append(string name, long value) => text.Append(CultureInfo.InvariantCulture, $"        {name,-8} {value}\n");

        Watermarks marks = zone?.Watermarks ?? default;
        long present = zone?.Present.Value ?? 0;
        text.Append(CultureInfo.InvariantCulture, $"  pages free     {zone?.Free.Value ?? 0}\n");
        Append("boost", 0);
        Append("min", marks.Min.Value);
        Append("low", marks.Low.Value);
        Append("high", marks.High.Value);
        Append("promo", marks.High.Value + (marks.High.Value - marks.Low.Value));    // WMARK_PROMO: a step above high
        Append("spanned", present);
        Append("present", present);
        Append("managed", zone?.Managed.Value ?? 0);
        Append("cma", 0);
        IReadOnlyList<FrameCount> reserves = zone?.Reserves ?? [default, default, default];
        // Movable memory would be the highest zone; without it, the frames kept from HighMem are kept from Movable too.
        text.Append(CultureInfo.InvariantCulture, $"        protection: ({string.Join(", ", reserves)}, {reserves[^1]})\n");
    }

    private static void AppendCounts(StringBuilder text, ZoneMemory zone)
    {
        AppendLine(text, "nr_free_pages", zone.Free.Value);
        AppendLine(text, "nr_zone_inactive_anon", zone.InactiveAnonymous.Value);
        AppendLine(text, "nr_zone_active_anon", zone.ActiveAnonymous.Value);
        AppendLine(text, "nr_zone_inactive_file", zone.InactiveFile.Value);
        AppendLine(text, "nr_zone_active_file", zone.ActiveFile.Value);
        AppendLine(text, "nr_zone_unevictable", zone.Unevictable.Value);
        AppendLine(text, "nr_mlock", zone.Unevictable.Value);
        text.Append("  pagesets\n    cpu: 0\n");
        text.Append(CultureInfo.InvariantCulture, $"              count:    {zone.OutsideBlocks.Value}\n");
        text.Append(CultureInfo.InvariantCulture, $"  node_unreclaimable:  0\n  start_pfn:           {zone.First.Value}\n");
    }
}
