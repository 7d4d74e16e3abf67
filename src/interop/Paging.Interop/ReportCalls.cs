using Paging.Core;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Reports;

namespace Paging.Interop;

/// <summary>paging.h, "Reports": the texts of /proc, pictures, and areas and pages as values.</summary>
// SAFETY: as Border.
internal static unsafe class ReportCalls
{
    [Export("paging_report")]
    public static long Write(ulong process, uint report, byte* buffer, ulong capacity) =>
        Border.Give(TextOf(Processes.Of(process), process, (ReportKind)report), buffer, capacity);

    [Export("paging_engine_report")]
    public static long WriteOfEngine(ulong engine, uint report, byte* buffer, ulong capacity) =>
        Border.Give(TextOf(Engines.Of(engine), (ReportKind)report), buffer, capacity);

    [Export("paging_ledger_report")]
    public static long WriteOfLedger(ulong ledger, uint report, byte* buffer, ulong capacity) =>
        Border.Give(TextOf(Ledgers.Of(ledger), (ReportKind)report), buffer, capacity);

    [Export("paging_areas")]
    public static long ListAreas(ulong process, AreaRow* areas, uint capacity)
    {
        IReadOnlyList<AreaSnapshot> found = Processes.Of(process).Memory.Areas.Snapshot();
        if (capacity != 0) Border.Need(areas, "areas");
        for (int i = 0; i < Math.Min(found.Count, (long)capacity); i++) Fill(&areas[i], found[i]);
        return found.Count;
    }

    [Export("paging_pagemap")]
    public static void ReadPagemap(ulong process, uint firstPage, ulong* words, uint count)
    {
        AddressSpace memory = Processes.Of(process).Memory;
        if (count != 0) Border.Need(words, "words");
        for (uint i = 0; i < count; i++) words[i] = memory.ReadPagemap(new(firstPage + i)).Word;
    }

    [Export("paging_own_pages")]
    public static long CountOwnPages(ulong process, uint firstPage, byte* pages, uint count)
    {
        AddressSpace memory = Processes.Of(process).Memory;
        long own = 0;
        for (uint i = 0; i < count; i++)
        {
            bool isOwn = memory.HasOwnPage(new(firstPage + i), isUnshared: true);
            if (pages != null) pages[i] = isOwn ? (byte)1 : (byte)0;
            if (isOwn) own++;
        }

        return own;
    }

    private static void Fill(AreaRow* area, AreaSnapshot found)
    {
        const int NameByteLength = 96;
        *area = new()
        {
            Start = found.Range.First.Address.Value,
            End = found.Range.End.Address.Value,
            Protection = (uint)found.Protection,
            Flags = (uint)((found.Flags & ~AreaFlags.Shared) | (found.IsShared ? AreaFlags.Shared : AreaFlags.None)),    // as in maps
            Offset = found.ByteOffset,
            Object = (uint)found.ObjectId,
        };
        _ = Border.Give(found.Name, area->Name, NameByteLength);
    }

    private static string TextOf(PagingEngine engine, ReportKind kind) => kind switch
    {
        ReportKind.Meminfo => engine.FormatMeminfo(),
        ReportKind.Vmstat => engine.FormatVmstat(),
        ReportKind.Swaps => engine.FormatSwaps(),
        ReportKind.Zoneinfo => engine.FormatZoneInfo(),
        ReportKind.Buddyinfo => engine.FormatBuddyInfo(),
        ReportKind.FramesPicture => FramesFigure.Draw(MachineView.Take(engine)).ToFile(),
        _ => throw new RefusalException(BorderCode.BadArgument, $"An engine has no report {(uint)kind}."),
    };

    private static string TextOf(UserProcess process, ulong handle, ReportKind kind) => kind switch
    {
        ReportKind.Maps => process.Memory.FormatMaps(),
        ReportKind.Smaps => process.Memory.FormatSmaps(),
        ReportKind.SmapsRollup => process.Memory.FormatSmapsRollup(),
        ReportKind.Status => process.FormatStatus(),
        ReportKind.Statm => process.Memory.FormatStatm(),
        ReportKind.SpacePicture => AddressSpaceFigure.Draw(ViewOf(process, handle)).ToFile(),
        ReportKind.TablesPicture => PageTableFigure.Draw(ViewOf(process, handle)).ToFile(),
        ReportKind.TreePicture => AreaTreeFigure.Draw(ViewOf(process, handle)).ToFile(),
        _ => throw new RefusalException(BorderCode.BadArgument, $"A process has no report {(uint)kind}."),
    };

    private static string TextOf(OpenLedger ledger, ReportKind kind) => kind == ReportKind.Costs ? Ledgers.TextOf(ledger)
        : throw new RefusalException(BorderCode.BadArgument, $"A ledger has no report {(uint)kind}.");

    private static SpaceView ViewOf(UserProcess process, ulong handle) =>
        MachineView.Take(Engines.Of(Handles.EngineOf(handle))).SpaceOf(process.Id)
            ?? throw new RefusalException(BorderCode.Ended, $"Process {process.Id} has exited.");
}

/// <summary>The text to report. paging.h: PAGING_REPORT_….</summary>
internal enum ReportKind
{
    Maps,
    Smaps,
    SmapsRollup,
    Status,
    Statm,
    Meminfo = 16,
    Vmstat,
    Swaps,
    Zoneinfo,
    Buddyinfo,
    SpacePicture = 32,
    TablesPicture,
    TreePicture,
    FramesPicture = 48,
    Costs = 64,
}
