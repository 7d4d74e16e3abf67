using System.Globalization;
using System.Text;

namespace Paging.Native;

/// <summary>The allocator's state as Linux prints it.</summary>
internal static class BuddyInfo
{
    // mm/vmstat.c, frag_show_print: "Node %d, zone %8s " and "%6lu " for each order.
    public static string Format(FreeLists lists)
    {
        StringBuilder line = new("Node 0, zone   Normal ");
        for (int order = 0; order <= FreeLists.OrderMax; order++)
            line.Append(CultureInfo.InvariantCulture, $"{lists.BlockCount(order),6} ");
        return line.Append('\n').ToString();
    }
}
