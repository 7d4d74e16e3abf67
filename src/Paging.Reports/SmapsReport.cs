using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/PID/smaps and smaps_rollup, byte for byte as Linux 6.18 prints them.</summary>
/// <remarks>
/// There is no same-page merging, so that line is 0.
/// Linux: fs/proc/task_mmu.c show_smap, show_smaps_rollup, __show_smap, show_smap_vma_flags.
/// </remarks>
internal static class SmapsReport
{
    // The kernel's mnemonics in the order of the kernel's flag bits; "mr" every area has.
    private static readonly ImmutableArray<(AreaFlags Flag, string Name)> Mnemonics =
    [
        (AreaFlags.Read, "rd"), (AreaFlags.Write, "wr"), (AreaFlags.Execute, "ex"), (AreaFlags.Shared, "sh"),
        (AreaFlags.None, "mr"), (AreaFlags.MayWrite, "mw"), (AreaFlags.MayExecute, "me"), (AreaFlags.MayShare, "ms"),
        (AreaFlags.GrowsDown, "gd"), (AreaFlags.ReportsMissing, "um"), (AreaFlags.Device, "pf"), (AreaFlags.MayHaveGuards, "gu"),
        (AreaFlags.ReportsWrites, "uw"), (AreaFlags.Locked, "lo"), (AreaFlags.Device, "io"), (AreaFlags.SequentialRead, "sr"),
        (AreaFlags.RandomRead, "rr"),
        (AreaFlags.DontFork, "dc"), (AreaFlags.Device, "de"), (AreaFlags.LockedOnFault, "lf"), (AreaFlags.Accounted, "ac"),
            (AreaFlags.NoReserve, "nr"),
        (AreaFlags.Synchronous, "sf"), (AreaFlags.WipeOnFork, "wf"), (AreaFlags.DontDump, "dd"),
    ];

    /// <summary>Returns a paragraph for each area: its line of maps and its figures.</summary>
    public static string Format(AddressSpace space)
    {
        StringBuilder text = new();
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            HugeFootprint huge = space.HugePages.FootprintAt(area.Range.First);
            if (huge.PageBytes == 0) continue;    // another thread has unmapped it since
            MapsReport.AppendLine(text, space, area);
            AppendSize(text, "Size", area.Range.Count.Bytes);
            AppendSize(text, "KernelPageSize", huge.PageBytes);
            AppendSize(text, "MMUPageSize", huge.PageBytes);
            AppendFootprint(text, space.Areas.FootprintAt(area.Range.First), huge, isRollup: false);
            text.Append(CultureInfo.InvariantCulture, $"THPeligible:           {(huge.IsEligible ? 1 : 0)}\n");
            AppendFlags(text, area.Flags, isOfPool: huge.PageBytes != VirtualAddress.PageSize);
        }

        return text.ToString();
    }

    /// <summary>Returns the sum over all areas, under the range they span. Empty without areas, as the kernel's file is.</summary>
    public static string FormatRollup(AddressSpace space)
    {
        IReadOnlyList<AreaSnapshot> areas = space.Areas.Snapshot();
        if (areas.Count == 0) return "";
        StringBuilder text = new();
        MapsReport.AppendRange(text, areas[0].Range.First, areas[^1].Range.End, "---p 00000000 00:00 0 ", "[rollup]");
        HugeFootprint huge = default;
        foreach (AreaSnapshot area in areas)
        {
            HugeFootprint one = space.HugePages.FootprintAt(area.Range.First);
            huge = new(0, huge.TransparentBytes + one.TransparentBytes, huge.PoolSharedBytes + one.PoolSharedBytes,
                huge.PoolPrivateBytes + one.PoolPrivateBytes, huge.SharedBytes + one.SharedBytes, false);
        }

        AppendFootprint(text, space.Footprint, huge, isRollup: true);
        return text.ToString();
    }

    private static void AppendFootprint(StringBuilder text, in MemoryFootprint footprint, in HugeFootprint huge, bool isRollup)
    {
        AppendSize(text, "Rss", footprint.Resident);
        AppendProportional(text, "Pss", footprint.ProportionalFixedPoint);
        AppendProportional(text, "Pss_Dirty", footprint.ProportionalDirtyFixedPoint);
        if (isRollup)
        {
            AppendProportional(text, "Pss_Anon", footprint.ProportionalAnonymousFixedPoint);
            AppendProportional(text, "Pss_File", footprint.ProportionalFileFixedPoint);
            AppendProportional(text, "Pss_Shmem", footprint.ProportionalSharedFixedPoint);
        }

        AppendSize(text, "Shared_Clean", footprint.SharedClean);
        AppendSize(text, "Shared_Dirty", footprint.SharedDirty);
        AppendSize(text, "Private_Clean", footprint.PrivateClean);
        AppendSize(text, "Private_Dirty", footprint.PrivateDirty);
        AppendSize(text, "Referenced", footprint.Referenced);
        AppendSize(text, "Anonymous", footprint.Anonymous);
        AppendSize(text, "KSM", 0);
        AppendSize(text, "LazyFree", footprint.LazyFree);
        AppendSize(text, "AnonHugePages", (ulong)huge.TransparentBytes);
        AppendSize(text, "ShmemPmdMapped", (ulong)huge.SharedBytes);
        AppendSize(text, "FilePmdMapped", 0);
        AppendSize(text, "Shared_Hugetlb", (ulong)huge.PoolSharedBytes);
        AppendSize(text, "Private_Hugetlb", (ulong)huge.PoolPrivateBytes);
        AppendSize(text, "Swap", footprint.Swapped);
        AppendProportional(text, "SwapPss", footprint.ProportionalSwappedFixedPoint);
        AppendProportional(text, "Locked", footprint.ProportionalLockedFixedPoint);
    }

    // SEQ_PUT_DEC: the name in 16 columns, the size in 8.
    private static void AppendSize(StringBuilder text, string name, ulong bytes) =>
        text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{bytes >> 10,8} kB\n");

    private static void AppendProportional(StringBuilder text, string name, ulong fixedPoint) =>
        AppendSize(text, name, fixedPoint >> MemoryFootprint.FractionBits);

    private static void AppendFlags(StringBuilder text, AreaFlags flags, bool isOfPool)
    {
        text.Append("VmFlags: ");
        foreach ((AreaFlags flag, string name) in Mnemonics)
        {
            if (isOfPool && flag == AreaFlags.Synchronous) text.Append("ht ");    // bit 22; VM_SYNC is 23
            if ((flags & flag) == flag || (isOfPool && name is "de")) text.Append(name).Append(' ');    // VM_DONTEXPAND: hugetlbfs sets it
        }

        if ((flags & AreaFlags.SoftClean) == 0) text.Append("sd ");
        if ((flags & AreaFlags.HugePage) != 0) text.Append("hg ");
        if ((flags & AreaFlags.NoHugePage) != 0) text.Append("nh ");
        if ((flags & AreaFlags.Mergeable) != 0) text.Append("mg ");
        if ((flags & AreaFlags.ReportsMinor) != 0) text.Append("ui ");
        if ((flags & AreaFlags.Sealed) != 0) text.Append("sl ");
        text.Append('\n');
    }
}
