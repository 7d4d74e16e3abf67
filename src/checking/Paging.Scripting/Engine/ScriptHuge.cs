using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Engine;

/// <summary>The calls of docs/DIALECT-HUGE.md that ask an address space about huge pages, and prctl.</summary>
internal static class ScriptHuge
{
    private const string Letters = ".HFZcsfz";    // of HugeLine, in its order
    private const long Set = 41, Get = 42, ExceptAdvised = 2;

    public static ScriptResult Execute(PagingEngine engine, AddressSpace memory, in ScenarioCall call) => call.Name switch
    {
        CallName.Prctl => Control(memory, call),
        CallName.Usage => Usage(memory),
        CallName.Tables => ScriptResult.Number(memory.HugePages.CountTablesOf64Bits()),
        CallName.HugeMap => Map(engine, memory, call),
        _ => Smaps(memory, call),
    };

    /// <summary>The result of the calls that report the pool.</summary>
    public static ScriptResult Pool(in HugeCounters huge) => ScriptResult.Line(string.Create(CultureInfo.InvariantCulture,
        $"total={huge.PoolTotal} free={huge.PoolFree} rsvd={huge.PoolReserved} surplus={huge.PoolSurplus}"));

    /// <summary>Linux: kernel/sys.c prctl_set_thp_disable, prctl_get_thp_disable (6.18).</summary>
    private static ScriptResult Control(AddressSpace memory, in ScenarioCall call)
    {
        if (call.A0 == Get && (call.A1 | call.A2 | call.A3 | call.A4) == 0)
        {
            return ScriptResult.Number(memory.HugePages.Policy switch
            {
                TransparentPolicy.On => 0,
                TransparentPolicy.Off => 1,
                _ => 3,
            });
        }

        bool isKnown = call.A0 == Set && (call.A3 | call.A4) == 0 && (call.A2 & ~ExceptAdvised) == 0 && (call.A1 != 0 || call.A2 == 0);
        if (!isKnown) return ScriptResult.Error(Errno.EINVAL);
        TransparentPolicy off = call.A2 == 0 ? TransparentPolicy.Off : TransparentPolicy.OnlyAdvised;
        memory.HugePages.SetPolicy(call.A1 == 0 ? TransparentPolicy.On : off);
        return ScriptResult.Number(0);
    }

    private static ScriptResult Usage(AddressSpace memory)
    {
        MemoryUsage usage = memory.Usage;
        long ofPool = memory.Areas.Snapshot().Sum(area => memory.HugePages.FootprintAt(area.Range.First) is { } huge
            ? huge.PoolSharedBytes + huge.PoolPrivateBytes : 0);
        return ScriptResult.Line(string.Create(CultureInfo.InvariantCulture,
            $"anon={usage.ResidentAnonymous.Value + usage.Swapped.Value} hugetlb={ofPool >> 12}"));
    }

    private static ScriptResult Map(PagingEngine engine, AddressSpace memory, in ScenarioCall call)
    {
        StringBuilder letters = new();
        ulong end = (ulong)call.A1;
        for (ulong at = (ulong)call.A0; at < end; at += engine.HugePages.PageBytes)
        {
            PageNumber page = new((uint)(at >> VirtualAddress.PageShift));
            letters.Append(page.IsKernel ? '.' : Letters[(int)memory.HugePages.LineAt(page)]);
        }

        return ScriptResult.Quoted(letters.ToString());
    }

    private static ScriptResult Smaps(AddressSpace memory, in ScenarioCall call)
    {
        StringBuilder rows = new();
        PageRange range = PageRange.Between(new((uint)(call.A0 >> 12)), new((uint)((call.A1 + 0xFFF) >> 12)));
        foreach (AreaSnapshot area in memory.Areas.Snapshot())
        {
            if (!area.Range.Intersects(range)) continue;
            if (rows.Length != 0) rows.Append('\n');
            rows.Append(AreaRows.Of(area));
            HugeFootprint huge = memory.HugePages.FootprintAt(area.Range.First);
            bool isOfPool = huge.PageBytes != VirtualAddress.PageSize;
            MemoryFootprint footprint = memory.Areas.FootprintAt(area.Range.First);
            ulong own = isOfPool ? 0 : (footprint.Anonymous + footprint.Swapped) >> 12;
            rows.Append(CultureInfo.InvariantCulture, $" page={huge.PageBytes >> 10} anon={own} thp={huge.TransparentBytes >> 12} ")
                .Append(CultureInfo.InvariantCulture, $"hshared={huge.PoolSharedBytes >> 12} hprivate={huge.PoolPrivateBytes >> 12} ")
                .Append(CultureInfo.InvariantCulture, $"eligible={(huge.IsEligible ? 1 : 0)} flags={FlagsOf(area.Flags, isOfPool)}");
        }

        return ScriptResult.Block(rows.ToString());
    }

    private static string FlagsOf(AreaFlags flags, bool isOfPool)
    {
        (bool IsSet, string Name)[] known =
        [
            ((flags & AreaFlags.Locked) != 0, "lo"), ((flags & AreaFlags.DontFork) != 0, "dc"), ((flags & AreaFlags.NoReserve) != 0, "nr"),
            (isOfPool, "ht"), ((flags & AreaFlags.WipeOnFork) != 0, "wf"), ((flags & AreaFlags.HugePage) != 0, "hg"),
            ((flags & AreaFlags.NoHugePage) != 0, "nh"),
        ];
        string text = string.Join(',', known.Where(static flag => flag.IsSet).Select(static flag => flag.Name));
        return text.Length == 0 ? "-" : text;
    }
}
