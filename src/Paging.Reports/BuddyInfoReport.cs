using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/buddyinfo: the free blocks of each order. As on Linux, free frames outside the blocks are not counted.</summary>
internal static class BuddyInfoReport
{
    // mm/vmstat.c, frag_show_print: "Node %d, zone %8s " and "%6lu " for each order.
    public static string Format(in FreeBlockCounts counts)
    {
        StringBuilder line = new("Node 0, zone   Normal ");
        for (int order = 0; order < FreeBlockCounts.OrderCount; order++)
            line.Append(CultureInfo.InvariantCulture, $"{counts.Of(order),6} ");
        return line.Append('\n').ToString();
    }
}
