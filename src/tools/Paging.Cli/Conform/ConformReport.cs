using System.Globalization;
using System.Text;
using Paging.Scripting.Calls;
using Paging.Testing.Conformance;
using Spectre.Console;

namespace Paging.Cli.Conform;

/// <summary>The output of <c>paging conform</c>.</summary>
internal static class ConformReport
{
    private const int Width = 100;

    /// <summary>The adapter, and the calls by family and by rule.</summary>
    public static string Tables(AdapterDescription adapter, ConformanceTally tally)
    {
        int all = Enum.GetValues<CallName>().Length;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{adapter.Name}: {adapter.Calls.Count} of {all} calls supported\n\n");
        text.Append(TableOf("Family", tally.ByFamily)).Append('\n');
        text.Append(TableOf("Section of docs/DIALECT.md, call, outcome", tally.ByRule)).Append('\n');
        return text.ToString();
    }

    /// <summary>The adapter, and what it passes of each level that was run.</summary>
    public static string Levels(AdapterDescription adapter, ConformanceTally tally)
    {
        Table table = new() { Border = TableBorder.None };
        table.AddColumn(new TableColumn("Level") { NoWrap = true });
        foreach (string column in (string[])["  passed", "  of", "  calls agree", "  of"])
            table.AddColumn(new TableColumn(column) { NoWrap = true, Alignment = Justify.Right });
        foreach (IGrouping<CourseLevel, ConformanceOutcome> level in ByLevel(tally))
            table.AddRow(new Text($"{(int)level.Key} {CourseLevels.NameOf(level.Key)}"),
                Number(level.Count(static one => one.Passes)), Number(level.Count()),
                Number(level.Sum(static one => one.AgreedCount)), Number(level.Sum(static one => one.CallCount)));
        return $"{adapter.Name}\n\n" + string.Concat(PlainTable.Render(table, Width).Select(static line => line + "\n")) + "\n";
    }

    /// <summary>The outcomes by level, from the first.</summary>
    public static IEnumerable<IGrouping<CourseLevel, ConformanceOutcome>> ByLevel(ConformanceTally tally) =>
        tally.Outcomes.GroupBy(static outcome => outcome.Level).OrderBy(static level => level.Key);

    /// <summary>The recordings and their beginnings by level, a line each: level, name, number of calls.</summary>
    public static string List(IEnumerable<(CourseLevel Level, ConformanceScript Script)> sorted, IReadOnlyList<CourseLevel> asked)
    {
        StringBuilder text = new();
        foreach (var level in sorted.Where(one => asked.Contains(one.Level)).GroupBy(static one => one.Level)
            .OrderBy(static level => level.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"Level {(int)level.Key}: {CourseLevels.NameOf(level.Key)}\n");
            foreach ((_, ConformanceScript script) in level)
                text.Append(CultureInfo.InvariantCulture, $"  {script.Name,-32} {Counted.Of(script.Calls.Count, "call")}\n");
        }

        return text.ToString();
    }

    /// <summary>One broken rule with its smallest script.</summary>
    public static string Break(ConformanceBreak small, ConformanceBreak found)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"broken: {small.Rule} (first in {found.Script.Name}, call {found.CallIndex + 1})\n");
        text.Append("  ").Append(small.Script.Header).Append('\n');
        for (int i = 0; i <= small.CallIndex && i < small.Script.Calls.Count; i++)
        {
            text.Append("  ").Append(small.Script.Calls[i].ToString());
            if (i < small.CallIndex) text.Append(" = ").Append(Indent(small.Script.Expected[i].ToString()));
            text.Append('\n');
        }

        text.Append("    expected: ").Append(Indent(small.Expected)).Append('\n');
        text.Append("    actual:   ").Append(Indent(small.Actual)).Append("\n\n");
        return text.ToString();
    }

    /// <summary>The smallest script as a scenario with the expected results.</summary>
    public static string Scenario(ConformanceBreak small)
    {
        StringBuilder text = new();
        text.Append("# ").Append(small.Rule).Append("\n# the adapter gave: ").Append(small.Actual.ReplaceLineEndings(" ")).Append('\n');
        text.Append(small.Script.Header).Append('\n');
        for (int i = 0; i <= small.CallIndex && i < small.Script.Calls.Count; i++)
            text.Append(small.Script.Calls[i].ToString()).Append(" = ").Append(small.Script.Expected[i].ToString()).Append('\n');
        return text.ToString();
    }

    /// <summary>A file name made of the rule: letters, digits and hyphens.</summary>
    public static string FileNameOf(ConformanceBreak small)
    {
        StringBuilder name = new();
        foreach (char character in small.Rule.Name)
        {
            if (char.IsAsciiLetterOrDigit(character)) name.Append(char.ToLowerInvariant(character));
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }

        return name.ToString().TrimEnd('-') + ".scn";
    }

    /// <summary>The last line.</summary>
    public static string Summary(ConformanceTally tally, bool takesAnySpace = false)
    {
        return $"{Counted.Of(tally.ScenarioCount, "scenario")}, {tally.AgreementCount} agree; " +
            $"{Sum(static count => count.Agreed)} calls agree, {Sum(static count => count.Differed)} differ, " +
            $"{Sum(static count => count.Unsupported)} {(takesAnySpace ? "left out" : "not supported")}, " +
            $"{Sum(static count => count.NotReached)} not reached; {Counted.Of(tally.Breaks.Count(), "rule")} broken\n";

        long Sum(Func<ConformanceCount, long> of) => tally.ByRule.Values.Sum(of);
    }

    private static string TableOf(string title, IReadOnlyDictionary<string, ConformanceCount> counts)
    {
        Table table = new() { Border = TableBorder.None };
        table.AddColumn(new TableColumn(title) { NoWrap = true });
        foreach (string column in (string[])["  agree", "  differ", "  not supported", "  not reached"])
            table.AddColumn(new TableColumn(column) { NoWrap = true, Alignment = Justify.Right });
        foreach ((string name, ConformanceCount count) in counts)
            table.AddRow(new Text(name), Number(count.Agreed), Number(count.Differed), Number(count.Unsupported), Number(count.NotReached));
        return string.Concat(PlainTable.Render(table, Width).Select(static line => line + "\n"));
    }

    private static Text Number(long value) => new(value.ToString(CultureInfo.InvariantCulture));

    private static string Indent(string text) => text.Replace("\n", "\n  ", StringComparison.Ordinal);
}
