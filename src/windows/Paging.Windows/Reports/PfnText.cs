using System.Globalization;
using System.Text;
using Paging.Windows.Pfn;

namespace Paging.Windows.Reports;

/// <summary>The PFN database as text: counts by location, standby by priority, moves, and a line a frame.</summary>
/// <remarks>The totals are in the order and wording that users of a debugger know from its memory usage list.</remarks>
public static class PfnText
{
    private const int BytesShift = 2;    // pages to KB

    /// <summary>Writes the totals, and the entries if requested.</summary>
    public static string ToPfnText(this PfnSnapshot snapshot, bool withEntries = true)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        StringBuilder text = new();
        foreach (PageLocation location in Enum.GetValues<PageLocation>())
        {
            uint count = snapshot.Counts[(int)location];
            text.Append(CultureInfo.InvariantCulture, $"{location,16}: {count,8} ({count << BytesShift,9} kb)\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{"available",16}: {snapshot.Available,8}\n{"standby 0 to 7",16}:");
        foreach (uint count in snapshot.Standby) text.Append(CultureInfo.InvariantCulture, $" {count}");
        text.Append(CultureInfo.InvariantCulture, $"; {snapshot.TakenFromStandby} taken\n");
        foreach (PfnMove move in snapshot.Moves)
            text.Append(CultureInfo.InvariantCulture, $"{move.From,16} -> {move.To}: {move.Count}\n");
        if (withEntries) AppendEntries(text, snapshot);
        return text.ToString();
    }

    private static void AppendEntries(StringBuilder text, PfnSnapshot snapshot)
    {
        text.Append("\n  pfn  location        pri share  refs  use        process  page   pte address  original PTE\n");
        foreach (PfnEntry entry in snapshot.Entries)
        {
            string modified = entry.IsModified ? "M" : " ";
            string pte = entry.PteAddress.Value == 0 ? "" : entry.PteAddress.Value.ToString("x8", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{entry.Frame.Value:x5}{modified} {entry.Location,-15} {entry.Priority,3} ");
            text.Append(CultureInfo.InvariantCulture, $"{entry.ShareCount,5} {entry.ReferenceCount,5}  {entry.Use,-10} ");
            text.Append(CultureInfo.InvariantCulture, $"{entry.ProcessId,7}  {entry.Page:x5}  {pte,11}  {entry.OriginalPte}\n");
        }
    }
}
