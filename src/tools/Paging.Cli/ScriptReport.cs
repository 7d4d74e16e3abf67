using System.Globalization;
using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Scripting.Running;
using Spectre.Console;

namespace Paging.Cli;

/// <summary>The tables of <c>--report</c>, as plain text: the same run gives the same bytes, on a terminal or in a file.</summary>
internal static class ScriptReport
{
    private const int Width = 100;
    private const int ColumnPairCount = 4;

    /// <summary>The whole report; lines end in line feeds.</summary>
    public static string Render(ScenarioTally tally, MachineSummary machines)
    {
        StringWriter text = new() { NewLine = "\n" };
        WriteTable(text, "Calls executed", [.. CallCounts(tally)]);
        WriteTable(text, "Accesses that ended in a signal", [.. SignalCounts(tally)]);
        WriteTable(text, "Page faults by kind", machines.Faults);
        WriteTable(text, "Frames by state, at the end of the last scenario", machines.Frames);
        foreach ((string process, string maps) in machines.Maps)
        {
            text.WriteLine($"Maps of {process}, at the end of the last scenario");
            foreach (string row in maps.Split('\n', StringSplitOptions.RemoveEmptyEntries)) text.WriteLine($"  {row}");
            text.WriteLine();
        }
        return text.ToString();
    }

    private static IEnumerable<(string Name, long Count)> CallCounts(ScenarioTally tally)
    {
        foreach (CallSignature signature in ScriptCalls.All)
            if (tally.CountOf(signature.Name) is var count and > 0) yield return (signature.Spelling, count);
        if (tally.ErrorCount > 0) yield return ("(of them failed)", tally.ErrorCount);
    }

    private static IEnumerable<(string Name, long Count)> SignalCounts(ScenarioTally tally)
    {
        yield return ("SEGV_MAPERR", tally.CountOf(MemoryFaultKind.NotMapped));
        yield return ("SEGV_ACCERR", tally.CountOf(MemoryFaultKind.NotAllowed));
        yield return ("BUS_ADRERR", tally.CountOf(MemoryFaultKind.BusError));
    }

    /// <summary>Pairs of a name and a number, several beside each other.</summary>
    private static void WriteTable(StringWriter text, string title, IReadOnlyList<(string Name, long Count)> rows)
    {
        if (rows.Count == 0) return;
        Table table = new() { Border = TableBorder.None, ShowHeaders = false };
        for (int column = 0; column < ColumnPairCount; column++)
        {
            table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new Padding(2, 0, 2, 0) });
            table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new Padding(0, 0, 3, 0), Alignment = Justify.Right });
        }
        int height = (rows.Count + ColumnPairCount - 1) / ColumnPairCount;
        for (int line = 0; line < height; line++)
        {
            List<Text> cells = [];
            for (int index = line; index < rows.Count; index += height)
            {
                cells.Add(new(rows[index].Name));
                cells.Add(new(rows[index].Count.ToString("N0", CultureInfo.InvariantCulture)));
            }
            table.AddRow(cells);
        }
        text.WriteLine(title);
        foreach (string line in PlainTable.Render(table, Width)) text.WriteLine(line);
        text.WriteLine();
    }
}
