using System.Text;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>maps, areas, resident, pagemap, vm, faults: the present state, without touching it (DIALECT section 4, Inspection).</summary>
internal static class InspectionCalls
{
    /// <summary>The kernel's own list.</summary>
    public static ScriptResult Maps(ModelProcess process, in ScenarioCall call)
    {
        List<Row> rows = [];
        foreach (Area area in AreasIn(process, call)) rows.Add(Row.Of(area));
        return Block(rows);
    }

    /// <summary>The kernel's own list, with the huge page figures of smaps.</summary>
    public static ScriptResult Smaps(ModelProcess process, in ScenarioCall call) =>
        ScriptResult.Block(
            string.Join('\n', AreasIn(process, call).Select(area => Row.Of(area) + HugeCalls.Figures(process, area))));

    /// <summary>As maps, after joining neighbours that look like one area.</summary>
    public static ScriptResult Areas(ModelProcess process, in ScenarioCall call)
    {
        List<Row> rows = [];
        foreach (Area area in AreasIn(process, call))
        {
            Row row = Row.Of(area);
            if (rows.Count > 0 && row.Continues(rows[^1])) rows[^1] = rows[^1] with { End = row.End };
            else rows.Add(row);
        }
        return Block(rows);
    }

    /// <summary>The areas that begin below the range's end and end above its start: of an empty range, the one around it.</summary>
    private static IEnumerable<Area> AreasIn(ModelProcess process, in ScenarioCall call)
    {
        PageRange range = RangeOf(call);
        return process.Areas.All.Where(area => area.Range.Intersects(range));
    }

    public static ScriptResult Resident(ModelProcess process, in ScenarioCall call) =>
        ScriptResult.Number(process.Pages.CountOwned(RangeOf(call)));

    public static ScriptResult Pagemap(ModelProcess process, in ScenarioCall call)
    {
        StringBuilder pages = new();
        PageRange range = RangeOf(call);
        for (PageNumber page = range.First; page < range.End; page++) pages.Append(process.Pages.IsOwned(page) ? 'a' : '.');
        return ScriptResult.Quoted(pages.ToString());
    }

    public static ScriptResult Vm(ModelProcess process)
    {
        Allowance.Use use = Allowance.Of(process);
        return ScriptResult.Line($"size={use.Size} data={use.Data} stack={use.Stack} locked={use.Locked}");
    }

    /// <summary>The first call in a process starts the count.</summary>
    public static ScriptResult Faults(ModelProcess process)
    {
        long count = process.FaultCount ?? 0;
        process.FaultCount = 0;
        return ScriptResult.Number(count);
    }

    /// <summary>LO down, HI up to whole pages, so that every page with a byte in [LO, HI) belongs.</summary>
    private static PageRange RangeOf(in ScenarioCall call)
    {
        PageNumber first = new VirtualAddress((uint)call.A0).Page, end = new PageNumber(0) + PageCount.Covering((ulong)call.A1);
        return first < end ? PageRange.Between(first, end) : new PageRange(first, PageCount.Zero);
    }

    private static ScriptResult Block(List<Row> rows) => ScriptResult.Block(string.Join('\n', rows));

    /// <summary>One row of <c>maps</c>.</summary>
    private readonly record struct Row(PageNumber First, PageNumber End, string Permissions, long Offset, FileObject? Contents)
    {
        public static Row Of(Area area)
        {
            string permissions = string.Create(4, area, static (text, area) =>
            {
                text[0] = area.Has(AreaFlags.Read) ? 'r' : '-';
                text[1] = area.IsWritable ? 'w' : '-';
                text[2] = area.Has(AreaFlags.Execute) ? 'x' : '-';
                text[3] = area.Has(AreaFlags.MadeShared) ? 's' : 'p';
            });
            return new(area.First, area.End, permissions, area.IsPrivateAnonymous ? 0 : area.Offset, area.File?.Contents);
        }

        public bool Continues(Row below) =>
            below.End == First
            && string.Equals(below.Permissions, Permissions, StringComparison.Ordinal)
            && below.Contents == Contents
            && (Contents is null || below.Offset + (below.End - below.First).Value == Offset);

        public override string ToString() =>
            $"{PageRange.Between(First, End)} {Permissions} {Offset << 12:x8}{(Contents is null ? "" : " " + Contents.Name)}";
    }
}
