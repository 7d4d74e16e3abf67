using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/PID/maps, byte for byte as the kernel prints it.</summary>
/// <remarks>
/// Linux: fs/proc/task_mmu.c show_map_vma. A name begins in column 74 (seq_setwidth 25 + 6 · sizeof(void*) − 1 on 64 bits, the
/// familiar layout).
/// </remarks>
internal static class MapsReport
{
    private const int NameColumn = 73;

    public static string Format(AddressSpace space)
    {
        StringBuilder text = new();
        foreach (AreaSnapshot area in space.Areas.Snapshot()) AppendLine(text, space, area);
        return text.ToString();
    }

    /// <summary>Appends the line of one area. smaps begins each of its paragraphs with it.</summary>
    public static void AppendLine(StringBuilder text, AddressSpace space, AreaSnapshot area)
    {
        (string device, long inode) = DeviceOf(area);
        string middle = string.Create(CultureInfo.InvariantCulture, $"{area.Rights} {area.ByteOffset:x8} {device} {inode} ");
        AppendRange(text, area.Range.First, area.Range.End, middle, NameOf(space, area));
    }

    /// <summary>Appends a range, its attributes and its name.</summary>
    /// <remarks>Without a name the line ends with a space, as the kernel's does.</remarks>
    public static void AppendRange(StringBuilder text, PageNumber first, PageNumber end, string middle, string name)
    {
        int start = text.Length;
        text.Append(CultureInfo.InvariantCulture, $"{AddressOf(first):x8}-{AddressOf(end):x8} {middle}");
        if (name.Length != 0)
        {
            int width = text.Length - start;
            if (width < NameColumn) text.Append(' ', NameColumn - width);
            text.Append(name.Replace("\n", "\\012", StringComparison.Ordinal));    // or it would end the line. Linux: seq_path
        }

        text.Append('\n');
    }

    /// <summary>Returns the name of an area: its file's path, or its purpose for the program.</summary>
    /// <remarks>Linux: get_vma_name; vma_is_initial_heap, vma_is_initial_stack (include/linux/mm.h).</remarks>
    private static string NameOf(AddressSpace space, AreaSnapshot area)
    {
        if (area.IsSharedAnonymous) return "/dev/zero (deleted)";    // shmem_zero_setup: a file dev/zero without a link
        if (area.ObjectId != 0) return area.Name;
        ulong start = AddressOf(area.Range.First);
        ulong end = AddressOf(area.Range.End);
        if (start < space.Break.Value && end > space.StartBreak.Value) return "[heap]";    // before the stack. Linux: get_vma_name
        uint stack = space.Program.StartStack.Value;
        return stack != 0 && start <= stack && end >= stack ? "[stack]" : "";    // 0: no program
    }

    /// <summary>Returns the device and inode. tmpfs is device 00:01 on every kernel; the inode number is the object's own.</summary>
    private static (string Device, long Inode) DeviceOf(AreaSnapshot area) => area.ObjectId == 0 ? ("00:00", 0) : ("00:01", area.ObjectId);

    private static ulong AddressOf(PageNumber page) => new PageCount(page.Value).Bytes;    // 64 bits: the end may be 4 GiB
}
