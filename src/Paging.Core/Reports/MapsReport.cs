using System.Globalization;
using System.Text;

namespace Paging.Core;

/// <summary>/proc/PID/maps, byte for byte as the kernel prints it.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c show_map_vma; a name begins in column 74 (seq_setwidth 25 + 6 · sizeof(void*) − 1 on 64 bits, which is what users know).</remarks>
internal static class MapsReport
{
    private const int NameColumn = 73;

    public static string Format(AddressSpace space)
    {
        StringBuilder text = new();
        foreach (AreaSnapshot area in space.Snapshot()) AppendLine(text, area, NameOf(space, area));
        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, AreaSnapshot area, string name)
    {
        int start = text.Length;
        (string device, long inode) = DeviceOf(area);
        text.Append(CultureInfo.InvariantCulture, $"{(ulong)area.Range.First.Value << 12:x8}-{(ulong)area.Range.End.Value << 12:x8} {area.Rights} {area.ByteOffset:x8} {device} {inode} ");
        if (name.Length != 0)
        {
            int width = text.Length - start;
            if (width < NameColumn) text.Append(' ', NameColumn - width);
            text.Append(name);
        }

        text.Append('\n');
    }

    /// <summary>tmpfs is device 00:01 on every kernel; an inode number is the object's own.</summary>
    private static (string Device, long Inode) DeviceOf(AreaSnapshot area) => area.ObjectId == 0 ? ("00:00", 0) : ("00:01", area.ObjectId);

    private static string NameOf(AddressSpace space, AreaSnapshot area)
    {
        if (area.IsSharedAnonymous) return "/dev/zero (deleted)";
        if (area.ObjectId != 0) return area.Name;
        ulong start = (ulong)area.Range.First.Value << 12;
        ulong end = (ulong)area.Range.End.Value << 12;
        bool isHeap = start < space.Break.Value && end > space.Layout.StartBreak.Value;    // Linux: vma_is_initial_heap
        return isHeap ? "[heap]" : "";
    }
}
