using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/PID/status and /proc/PID/statm.</summary>
/// <remarks>
/// status has the lines that the engine can answer, in the kernel's order; there are none about users, signals or processors. Sizes in kB
/// are right-aligned in eight columns. Linux: fs/proc/array.c proc_pid_status; fs/proc/task_mmu.c task_mem, task_statm.
/// </remarks>
internal static class StatusReport
{
    /// <summary>Returns the whole file. A zombie has no memory, so it has no lines about it.</summary>
    public static string FormatStatus(UserProcess process)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Name:\t{Escape(process.Name)}\n");
        text.Append(CultureInfo.InvariantCulture, $"State:\t{(process.HasExited ? "Z (zombie)" : "R (running)")}\n");
        text.Append(CultureInfo.InvariantCulture, $"Tgid:\t{process.Id}\nNgid:\t0\nPid:\t{process.Id}\n");
        text.Append(CultureInfo.InvariantCulture, $"PPid:\t{process.ParentId}\nTracerPid:\t0\nKthread:\t0\n");
        if (!process.HasExited)
            text.Append(FormatStatus(process.Memory)).Append("CoreDumping:\t0\n")
                .Append(CultureInfo.InvariantCulture, $"THP_enabled:\t{(process.Memory.HugePages.AreAllowed ? 1 : 0)}\n");
        return text.Append("Threads:\t1\n").ToString();
    }

    /// <summary>Returns the lines about memory. Linux: task_mem.</summary>
    public static string FormatStatus(AddressSpace space)
    {
        MemoryUsage usage = space.Usage;
        StringBuilder text = new();
        Append(text, "VmPeak", usage.PeakTotal);
        Append(text, "VmSize", usage.Total);
        Append(text, "VmLck", usage.Locked);
        Append(text, "VmPin", PageCount.Zero);    // drivers account for pinned_vm, and there are none
        Append(text, "VmHWM", usage.PeakResident);
        Append(text, "VmRSS", usage.Resident);
        Append(text, "RssAnon", usage.ResidentAnonymous);
        Append(text, "RssFile", usage.ResidentFile);
        Append(text, "RssShmem", usage.ResidentShared);
        Append(text, "VmData", usage.Data);
        Append(text, "VmStk", usage.Stack);
        Append(text, "VmExe", TextOf(space, usage));
        Append(text, "VmLib", usage.Code - TextOf(space, usage));
        Append(text, "VmPTE", usage.PageTables);
        Append(text, "VmSwap", usage.Swapped);
        Append(text, "HugetlbPages", PoolPagesOf(space));
        return text.ToString();
    }

    /// <summary>Returns the pages of the pool that the areas map, in small pages. Linux: hugetlb_report_usage.</summary>
    private static PageCount PoolPagesOf(AddressSpace space)
    {
        long bytes = 0;
        foreach (AreaSnapshot area in space.Areas.Snapshot())
        {
            HugeFootprint huge = space.HugePages.FootprintAt(area.Range.First);
            bytes += huge.PoolSharedBytes + huge.PoolPrivateBytes;
        }

        return new((uint)(bytes >> VirtualAddress.PageShift));
    }

    /// <summary>Returns size, resident, shared, text, lib, data and dt, in pages.</summary>
    public static string FormatStatm(AddressSpace space)
    {
        MemoryUsage usage = space.Usage;
        PageCount shared = usage.ResidentFile + usage.ResidentShared;
        return string.Create(CultureInfo.InvariantCulture,
            $"{usage.Total} {usage.Resident} {shared} {space.Program.TextPages} 0 {usage.Data + usage.Stack} 0\n");
    }

    /// <summary>Returns the program's own code within the executable areas. The rest of those areas is libraries.</summary>
    private static PageCount TextOf(AddressSpace space, in MemoryUsage usage) =>
        space.Program.TextPages < usage.Code ? space.Program.TextPages : usage.Code;    // as in task_mem: some of it may have been unmapped

    /// <summary>Escapes a name so that it stays on one line. Linux: proc_task_name.</summary>
    private static string Escape(string name) =>
        name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static void Append(StringBuilder text, string name, PageCount pages) =>
        text.Append(CultureInfo.InvariantCulture, $"{name + ":\t"}{pages.Bytes >> 10,8} kB\n");
}
