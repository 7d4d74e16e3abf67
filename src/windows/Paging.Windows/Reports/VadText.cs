using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Windows.Reports;

/// <summary>The allocations of a Windows process as text: the tree with its balances, states and totals.</summary>
/// <remarks>
/// The columns are those that users of a debugger know from its lists of VADs: level, balance, first and last page, commit charge, kind,
/// protection. Linux: the text of <c>/proc/PID/maps</c>.
/// </remarks>
public static class VadText
{
    /// <summary>Writes the list, one line an allocation, and a line of totals.</summary>
    public static string ToVadText(this ProcessSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        StringBuilder text = new();
        text.Append("level bal  first  last   commit     ws  paged  kind    size    protection\n");
        foreach (VadSnapshot vad in snapshot.Vads) AppendLine(text, vad);
        int deepest = snapshot.Vads.Count == 0 ? 0 : 1 + snapshot.Vads.Max(static vad => vad.Level);
        text.Append(CultureInfo.InvariantCulture,
            $"{snapshot.Vads.Count} VADs, {deepest} levels; commit {snapshot.CommitCharge}, working set {snapshot.WorkingSet}, ");
        return text.Append(CultureInfo.InvariantCulture, $"page tables {snapshot.PageTables}\n").ToString();
    }

    private static void AppendLine(StringBuilder text, in VadSnapshot vad)
    {
        PageNumber last = new(vad.Range.End.Value - 1);
        text.Append(CultureInfo.InvariantCulture, $"{vad.Level,5} {vad.Balance,3}  {vad.Range.First.Value:x5}  {last.Value:x5}  ");
        text.Append(CultureInfo.InvariantCulture, $"{vad.CommitCharge,6} {vad.WorkingSet,6} {vad.PagedOut,6}  ");
        text.Append(CultureInfo.InvariantCulture, $"{vad.Kind,-7} {vad.Size,-7} ");
        text.Append(vad.Protection);
        if (vad.Section != 0) text.Append(CultureInfo.InvariantCulture, $"  section {vad.Section}");
        if (vad.Marks is { Length: > 0 }) text.Append("  ").Append(vad.Marks);
        text.Append('\n');
    }
}
