using Paging.Core;
using Paging.Native;

namespace Paging.Cli.Run.Report;

/// <summary>The pages of a process whose entries have the accessed bit, read from the page tables in RAM.</summary>
internal static class AccessedPages
{
    /// <summary>Their numbers, ascending. Cost: O(page tables).</summary>
    public static IEnumerable<uint> Of(PagingEngine engine, AddressSpace space)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        foreach (AreaSnapshot area in space.Snapshot())
        {
            for (uint page = area.Range.First.Value; page < area.Range.End.Value; page++)
            {
                WalkResult walk = Walker.Peek(engine.Ram, engine.Options.Tables, space.PageDirectory, new(page));
                if (walk.Succeeded && walk.Leaf.IsAccessed) yield return page;
                else if (!walk.Succeeded) page = SkipTable(engine, space, page, isWide);
            }
        }
    }

    /// <summary>Returns the last page of a missing table; otherwise the page itself.</summary>
    private static uint SkipTable(PagingEngine engine, AddressSpace space, uint page, bool isWide)
    {
        if (isWide || (engine.Ram.Words(space.PageDirectory)[(int)(page >> 10)] & 1) != 0) return page;
        return page | 0x3FF;
    }
}
