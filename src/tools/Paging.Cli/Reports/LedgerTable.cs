using System.Globalization;
using Paging.Costs;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Spectre.Console;

namespace Paging.Cli.Reports;

/// <summary>A ledger as plain text: time by cause and process, translation, devices.</summary>
internal static class LedgerTable
{
    private const int Width = 98;    // and two blanks before each line
    private const int ProcessCountMax = 6;    // beside each other; further ones count in the sum only

    /// <summary>The whole text; lines end in line feeds.</summary>
    public static string Render(string title, CostLedger ledger)
    {
        StringWriter text = new() { NewLine = "\n" };
        text.WriteLine($"{title}: {ledger}\n");
        foreach (string line in PlainTable.Render(TableOf(ledger), Width)) text.WriteLine($"  {line}");
        text.WriteLine();
        TranslationCounts counts = ledger.CountsOf();
        text.WriteLine($"  {Number(counts.Accesses)} accesses: {Number(counts.FirstMisses)} misses of the first TLB level, "
            + $"{Number(counts.Walks)} walks, {Number(counts.EntryReads)} entries read, {Number(counts.LineMisses)} of them from memory");
        text.WriteLine($"  {Number(counts.Cr3Loads)} loads of CR3, {Number(counts.Invalidations)} INVLPG, "
            + $"{Number(counts.DirtyWalks)} walks to set D, {Number(counts.RefusedWalks)} before page faults");
        WriteDevice(text, ledger.SwapDevice == ledger.FileDevice ? "files and swap" : "files", ledger.FileDevice, ledger.End);
        if (ledger.SwapDevice != ledger.FileDevice) WriteDevice(text, "swap", ledger.SwapDevice, ledger.End);
        return text.ToString();
    }

    private static Table TableOf(CostLedger ledger)
    {
        IReadOnlyList<CostAccount> accounts = [.. ledger.UsedAccounts.Take(ProcessCountMax)];
        Table table = PlainTable.Of(["", "all", "share", .. accounts.Select(static account => account.Label)]);
        VirtualTime total = ledger.Accounts.Aggregate(VirtualTime.Zero, static (sum, account) => sum + account.Total);
        foreach (CostCause cause in Enum.GetValues<CostCause>())
        {
            VirtualTime sum = ledger.TotalOf(cause);
            if (sum == VirtualTime.Zero) continue;
            string share = ((double)sum.Picoseconds / total.Picoseconds).ToString("P1", CultureInfo.InvariantCulture);
            PlainTable.Add(table,
                [CostCauses.NameOf(cause), sum.ToString(), share, .. accounts.Select(account => account[cause].ToString())]);
        }

        PlainTable.Add(table, ["sum", total.ToString(), "", .. accounts.Select(static account => account.Total.ToString())]);
        return table;
    }

    private static void WriteDevice(StringWriter text, string name, TimedDevice device, VirtualTime end)
    {
        if (device.Reads + device.Writes + device.Flushes == 0) return;
        string busy = end == VirtualTime.Zero ? "" : ", busy "
            + ((double)device.Busy.Picoseconds / end.Picoseconds).ToString("P0", CultureInfo.InvariantCulture);
        text.WriteLine($"  {name}: {Number(device.Reads)} reads, {Number(device.Writes)} writes, {Number(device.Flushes)} flushes, "
            + $"{Number(device.ByteCount / 1024)} KB{busy}");
    }

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
