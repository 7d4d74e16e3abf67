using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Core.Swap;

namespace Paging.Reports;

/// <summary>Writes /proc/swaps: the devices in the order of their numbers, with sizes in KiB.</summary>
/// <remarks>Linux: mm/swapfile.c swap_show.</remarks>
internal static class SwapsReport
{
    private const int NameColumns = 40;    // swap_show
    private const long WideSize = 10_000_000;    // eight digits reach the next tab stop by themselves

    public static string Format(PagingEngine engine)
    {
        StringBuilder text = new("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        foreach (SwapDevice device in engine.Swap.Devices.OrderBy(static device => device.Number))
        {
            long size = (long)device.SlotCount << 2, used = (long)device.UsedSlotCount << 2;
            text.Append(device.Name).Append(' ', device.Name.Length < NameColumns ? NameColumns - device.Name.Length : 1)
                .Append(CultureInfo.InvariantCulture, $"file\t\t{size}\t{(size < WideSize ? "\t" : "")}")
                .Append(CultureInfo.InvariantCulture, $"{used}\t{(used < WideSize ? "\t" : "")}{device.Priority}\n");
        }

        return text.ToString();
    }
}
