using Paging.Core.Spaces;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The area tree against a sorted list, and the search for gaps against one that looks at every page.</summary>
public sealed class AreaTreeTests
{
    private const uint PageCount = 512;
    private const int Never = int.MaxValue;    // without a trie

    [Theory]
    [InlineData(Never)]
    [InlineData(1)]
    [InlineData(12)]
    public void TreeListAndGapsAgreeWithASortedList(int trieFrom) => Property.ForScripts(300, 120, script =>
    {
        using AreaTreeModel model = new(PageCount, trieFrom);
        foreach (uint word in script)
        {
            Apply(model, word);
            model.Verify();
            model.Look((word >> 3) % PageCount);
        }
    });

    [Fact]
    public void TheSearchForAGapAgreesWithASearchOfEveryPage() => Property.ForSeeds(400, static seed =>
    {
        Random random = new((int)seed);
        using AreaTreeModel model = new(PageCount, Never);
        for (int step = random.Next(60); step > 0; step--) Apply(model, (uint)random.NextInt64(uint.MaxValue));
        for (int search = 0; search < 20; search++)
        {
            uint low = (uint)random.Next((int)PageCount);
            uint high = (uint)random.Next((int)low, (int)PageCount) + 1;
            uint count = (uint)random.Next(1, random.Next(2) == 0 ? 8 : 200);
            CompareSearch(model, highest: true, low, high, count);
            CompareSearch(model, highest: false, low, high, count);
        }
    });

    [Fact]
    public void TheAreaHitLastAnswersWithoutAWalk()
    {
        using World world = new();
        world.Map(0, 1);
        world.Map(4, 4, MemoryProtection.Read);
        AreaTree tree = world.Memory.Space.Areas.Tree;
        tree.Covering(World.At(5).Page);
        long walks = tree.WalkCount;
        Assert.Equal(tree.Last, tree.Covering(World.At(7).Page));
        Assert.Equal(walks, tree.WalkCount);
        Assert.Equal(tree.First, tree.Covering(World.At(0).Page));
        Assert.Equal(walks + 1, tree.WalkCount);
    }

    [Fact]
    public void AnAreaThatIsGoneIsNotCachedAsHit()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(1);
        World.Succeeds(world.Memory.Unmap(World.At(0), 8192));
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _));
        world.Map(1, 1);
        Assert.Equal(0, world.Peek(1));
        Assert.False(world.Mmu.TryRead(World.At(0), out byte _));
    }

    /// <summary>Decodes one word of a script: the low two bits choose the operation, the others its arguments.</summary>
    private static void Apply(AreaTreeModel model, uint word)
    {
        uint first = (word >> 3) % PageCount;
        uint count = ((word >> 12) % 16) + 1;
        switch (word & 7)
        {
            case 0 or 1 or 2 or 3: model.Insert(first, count); break;
            case 4 or 5: model.Remove((int)(word >> 3 & 0xFFFF)); break;
            default: model.MoveBorders((int)(word >> 12 & 0xFFFF), first, first + count); break;
        }
    }

    private static void CompareSearch(AreaTreeModel model, bool highest, uint low, uint high, uint count)
    {
        bool expected = model.FindGap(highest, low, high, count, out uint first);
        GapSearch search = model.Search(low, high, count);
        Assert.Equal(expected, highest ? search.TryHighest() : search.TryLowest());
        if (!expected) return;
        Assert.Equal(first, highest ? search.Found.End.Value - count : search.Found.First.Value);
        Assert.True(search.Found.First.Value >= low && search.Found.End.Value <= high && search.Found.Count.Value >= count);
    }
}
