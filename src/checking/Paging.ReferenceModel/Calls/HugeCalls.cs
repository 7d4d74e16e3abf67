using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>prctl, pool, usage, tables, hugemap and the figures of smaps (docs/DIALECT-HUGE.md section 3).</summary>
internal static class HugeCalls
{
    private const long Set = 41, Get = 42, ExceptAdvised = 2;

    /// <summary>Linux: prctl_set_thp_disable, prctl_get_thp_disable (kernel/sys.c, 6.18).</summary>
    public static ScriptResult Control(ModelProcess process, in ScenarioCall call)
    {
        if (call.A0 == Get && (call.A1 | call.A2 | call.A3 | call.A4) == 0) return ScriptResult.Number(process.TransparentOff);
        if (call.A0 != Set || call.A3 != 0 || call.A4 != 0 || (call.A2 & ~ExceptAdvised) != 0 || (call.A1 == 0 && call.A2 != 0))
            return ScriptResult.Error(Errno.EINVAL);
        process.TransparentOff = call.A1 == 0 ? 0 : (int)(ModelProcess.TransparentOffFully | call.A2);
        return ScriptResult.Number(0);
    }

    public static ScriptResult Usage(ModelProcess process)
    {
        long pool = process.Pages.Lines.Entries.Count(static entry => entry.Entry.IsOfPool) * (long)process.Pages.Lines.PagesEach;
        long ownOfPool = process.Pages.Lines.Entries.Count(static entry => entry.Entry is { IsOfPool: true, IsPrivate: true })
            * (long)process.Pages.Lines.PagesEach;
        long own = process.Pages.CountOwned(process.UserPages) - ownOfPool;
        return ScriptResult.Line($"anon={own} hugetlb={pool}");
    }

    public static ScriptResult Map(ModelProcess process, in ScenarioCall call)
    {
        StringBuilder letters = new();
        uint bytesEach = process.Pages.Lines.PagesEach << 12;
        for (ulong at = (uint)call.A0 / bytesEach * bytesEach; at < (uint)call.A1; at += bytesEach)
            letters.Append(LetterOf(process.Pages, new VirtualAddress((uint)at).Page));
        return ScriptResult.Quoted(letters.ToString());
    }

    /// <summary>The part of the row that maps does not show.</summary>
    public static string Figures(ModelProcess process, Area area)
    {
        long own = 0, huge = 0, shared = 0, alone = 0, each = process.Pages.Lines.PagesEach;
        foreach ((PageRange line, HugeEntry entry) in process.Pages.Lines.Entries)
        {
            if (!area.Range.Contains(line.First)) continue;
            if (!entry.IsOfPool) huge += entry.IsPrivate ? each : 0;
            else if (entry.Block!.EntryCount > 1) shared += each;
            else alone += each;
        }
        if (!area.IsOfPool) own = process.Pages.CountOwned(area.Range);
        uint kibibytes = (area.Pool?.PagesEach ?? 1) * 4;
        return $" page={kibibytes} anon={own} thp={huge} hshared={shared} hprivate={alone} "
            + $"eligible={(HugeFaults.IsEligible(process, area) ? 1 : 0)} flags={FlagsOf(area)}";
    }

    private static string FlagsOf(Area area)
    {
        List<string> names = [];
        if (area.IsLocked) names.Add("lo");
        if (area.Has(AreaFlags.DontFork)) names.Add("dc");
        if (area.Has(AreaFlags.NoReserve)) names.Add("nr");
        if (area.IsOfPool) names.Add("ht");
        if (area.Has(AreaFlags.WipeOnFork)) names.Add("wf");
        if (area.Has(AreaFlags.HugePage)) names.Add("hg");
        if (area.Has(AreaFlags.NoHugePage)) names.Add("nh");
        return names.Count == 0 ? "-" : string.Join(',', names);
    }

    private static char LetterOf(ProcessPages pages, PageNumber line)
    {
        if (pages.Lines.At(line) is { } entry) return entry.IsOfObject ? 'F' : entry.IsZeroPage ? 'Z' : 'H';
        HugeBlock? block = null;
        bool isOwn = false, isOneFrame = true, isShown = false, isZero = false;
        for (int i = 0; i < pages.Lines.PagesEach; i++)
        {
            PageNumber page = line + new PageCount((uint)i);
            isShown |= pages.IsShown(page);
            isZero |= pages.IsOnlyRead(page);
            if (pages.Find(page) is not { } own) continue;
            if (!isOwn) block = own.Block;
            isOneFrame &= own.Block is not null && own.Block == block && own.Index == i;
            isOwn = true;
        }
        return isOwn ? (isOneFrame ? 'c' : 's') : isShown ? 'f' : isZero ? 'z' : '.';
    }
}
