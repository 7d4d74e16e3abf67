using Paging.Costs.Hardware;
using Paging.Fuzz;
using Paging.Native;
using Paging.ReferenceModel.Costs;
using Paging.Tests;

namespace Paging.Costs.Tests;

/// <summary>The hardware and the reference model's, access by access, on generated scripts.</summary>
public sealed class LockstepTests
{
    public static TheoryData<Replacement, TableDepth> Kinds
    {
        get
        {
            TheoryData<Replacement, TableDepth> all = [];
            foreach (Replacement replacement in Enum.GetValues<Replacement>())
                foreach (TableDepth depth in Enum.GetValues<TableDepth>()) all.Add(replacement, depth);
            return all;
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void BothCountTheSame(Replacement replacement, TableDepth depth) => RunScripts(replacement, depth, scripts: 60, length: 2_000);

    /// <summary>10^7 accesses in all: a script word is up to 4 of them.</summary>
    [Theory, MemberData(nameof(Kinds)), Trait("Category", "Slow")]
    public void BothCountTheSameForLong(Replacement replacement, TableDepth depth) =>
        RunScripts(replacement, depth, scripts: Soak.Of(150, 12), length: 10_000);

    private static void RunScripts(Replacement replacement, TableDepth depth, int scripts, int length) =>
        Property.ForScripts(scripts, length, script => Run(script, Shapes.Two(replacement), depth));

    private static void Run(uint[] script, TranslationShape shape, TableDepth depth)
    {
        ScriptTables tables = new(depth);
        TranslationHardware fast = new(shape);
        ModelHardware model = new(LedgerPair.ShapeOf(shape, isWide: depth != TableDepth.Classic, depth == TableDepth.Long ? 4 : 2));
        int shift = depth == TableDepth.Classic ? 10 : 9;
        foreach (uint word in script)
        {
            ulong page = (((word >> 8) % 16) << shift) + ((word >> 12) % 24);    // 16 regions, 24 pages of each
            switch (word % 32)
            {
                case 0:
                    fast.LoadCr3();
                    model.LoadCr3();
                    break;
                case 1:
                    fast.Invalidate(new(page), depth);
                    model.Invalidate(page);
                    break;
                case 2:    // a change of the tables, and the invalidation that it needs
                    if (tables.IsReadOnly(page)) tables.Unprotect(page);    // allows more: needs none
                    else
                    {
                        tables.Protect(page);
                        fast.Invalidate(new(page), depth);
                        model.Invalidate(page);
                    }

                    break;
                default:
                    AccessKind kind = (AccessKind)(word / 32 % 3);
                    for (uint times = 0; times <= (word >> 30); times++)
                    {
                        if (kind == AccessKind.Write && tables.IsPresent(page))
                        {
                            tables.Unprotect(page);    // its fault has been handled
                            tables.MakeDirty(page);
                        }

                        Assert.Equal((int)model.Access(Read, page, Of(kind)), (int)fast.Access(tables, new(page), kind));
                    }

                    break;
            }
        }

        TranslationCounts counts = fast.Counts;
        foreach (AccessKind kind in Enum.GetValues<AccessKind>())
        {
            Assert.Equal(model.Accesses.GetValueOrDefault(Of(kind)), counts.AccessesOf(kind));
            foreach (bool isLarge in (bool[])[false, true])
            {
                Assert.Equal(model.FirstMisses.GetValueOrDefault((Of(kind), isLarge)), counts.FirstMissesOf(kind, isLarge));
                Assert.Equal(model.Walks.GetValueOrDefault((Of(kind), isLarge)), counts.WalksOf(kind, isLarge));
            }
        }

        Assert.Equal((model.SecondHits, model.RefusedWalks, model.DirtyWalks),
            (counts.SecondHits, counts.RefusedWalks, counts.DirtyWalks));
        Assert.Equal((model.EntryReads, model.LineMisses, model.EntriesSkipped),
            (counts.EntryReads, counts.LineMisses, counts.EntriesSkipped));
        Assert.Empty(fast.FindStale(tables));

        ModelEntry Read(ulong page, int level)
        {
            TableEntry entry = tables.Read(new(page), level);
            return new(entry.Line, entry.Has(EntryTraits.Present), entry.Has(EntryTraits.Leaf), entry.Has(EntryTraits.Writable),
                entry.Has(EntryTraits.Dirty), entry.Has(EntryTraits.Global), entry.Target);
        }
    }

    private static ModelAccess Of(AccessKind kind) => kind switch
    {
        AccessKind.Write => ModelAccess.Store,
        AccessKind.Fetch => ModelAccess.Fetch,
        _ => ModelAccess.Load,
    };
}
