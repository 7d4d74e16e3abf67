using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Core;

/// <summary>/proc/PID/status (its memory lines) and /proc/PID/statm.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c task_mem, task_statm. Sizes in kB are right-aligned in eight columns.</remarks>
internal static class StatusReport
{
    public static string FormatStatus(AddressSpace space)
    {
        MemoryUsage usage = space.Usage;
        StringBuilder text = new();
        Append(text, "VmPeak", usage.PeakTotal);
        Append(text, "VmSize", usage.Total);
        Append(text, "VmLck", usage.Locked);
        Append(text, "VmPin", PageCount.Zero);
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
        Append(text, "VmSwap", new((uint)space.Statistics.Swapped));
        return text.ToString();
    }

    /// <summary>size resident shared text lib data dt, in pages.</summary>
    public static string FormatStatm(AddressSpace space)
    {
        MemoryUsage usage = space.Usage;
        return string.Create(CultureInfo.InvariantCulture,
            $"{usage.Total} {usage.Resident} {usage.ResidentFile + usage.ResidentShared} {space.Layout.Image.TextPages} 0 {usage.Data + usage.Stack} 0\n");
    }

    /// <summary>The program's own code, as far as executable areas go; the rest of those are libraries.</summary>
    private static PageCount TextOf(AddressSpace space, in MemoryUsage usage) =>
        space.Layout.Image.TextPages < usage.Code ? space.Layout.Image.TextPages : usage.Code;

    private static void Append(StringBuilder text, string name, PageCount pages) =>
        text.Append(CultureInfo.InvariantCulture, $"{name + ":\t"}{pages.Bytes >> 10,8} kB\n");
}
