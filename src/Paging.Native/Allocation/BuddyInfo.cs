using System.Globalization;
using System.Text;

namespace Paging.Native;

/// <summary>The allocator's state as Linux prints it.</summary>
internal static class BuddyInfo
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
