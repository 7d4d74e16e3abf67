using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Windows.Reports;

/// <summary>The user half of a process as text: a line a run, and totals by usage, type, state and protection.</summary>
/// <remarks>The shape is that of the address list of Windows' debuggers, with the columns of VMMap: commit and working set in KB.</remarks>
public static class AddressText
{
    private const int KilobytesShift = 2;    // a page has 4 KB

    /// <summary>Writes the list.</summary>
    public static string ToAddressText(this AddressSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        StringBuilder text = new();
        text.Append("BaseAddr EndAddr+1 RgnSize     Type         State        Protect                          Commit       WS  Usage\n");
        foreach (AddressRun run in snapshot.Runs) AppendRun(text, run);
        AppendTotals(text, "Usage", snapshot.ByUsage);
        AppendTotals(text, "Type", snapshot.ByType);
        AppendTotals(text, "State", snapshot.ByState);
        AppendTotals(text, "Protect", snapshot.ByProtection);
        return text.ToString();
    }

    private static void AppendRun(StringBuilder text, in AddressRun run)
    {
        MemoryBasicInformation information = run.Information;
        PageNumber end = information.Base + information.Count;
        string protection = information.State == MemoryState.Commit ? information.Protection.ToHeaderName() : "";
        text.Append(CultureInfo.InvariantCulture, $"{information.Base.Address.Value:x8} {(ulong)end.Value << 12:x8}  ");
        text.Append(CultureInfo.InvariantCulture, $"{information.Count.Bytes,-10:x} {AddressSnapshot.Spell(information.Kind),-12} ");
        text.Append(CultureInfo.InvariantCulture, $"{AddressSnapshot.Spell(information.State),-12} {protection,-30} ");
        text.Append(CultureInfo.InvariantCulture, $"{run.Commit << KilobytesShift,8} {run.WorkingSet << KilobytesShift,8}  {run.Usage}\n");
    }

    private static void AppendTotals(StringBuilder text, string title, IReadOnlyList<AddressTotal> totals)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n--- {title + " summary ",-30} RgnCount    Total KB   Commit KB       WS KB\n");
        foreach (AddressTotal total in totals)
        {
            text.Append(CultureInfo.InvariantCulture, $"{total.Name,-34} {total.Runs,8} {total.Pages << KilobytesShift,11} ");
            text.Append(CultureInfo.InvariantCulture, $"{total.Commit << KilobytesShift,11} {total.WorkingSet << KilobytesShift,11}\n");
        }
    }
}
