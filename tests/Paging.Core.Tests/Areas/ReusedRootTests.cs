using Paging.Core.Spaces;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A child's area takes over the first of its ancestors' roots that no area uses any more and that at most one other root hangs on;
/// otherwise it gets one of its own. So endless forks, each of which outlives its parent, need a bounded number of roots.
/// </summary>
/// <remarks>Linux: mm/rmap.c anon_vma_clone ("Reuse existing anon_vma if it has no vma and only one anon_vma child").</remarks>
public sealed class ReusedRootTests : IDisposable
{
    private readonly World _world = new();
    private readonly List<UserProcess> _family = [];

    /// <summary>Four generations, each the child of the one before, and a root for each.</summary>
    public ReusedRootTests()
    {
        _world.Map(0, 1);
        _world.Touch(0);
        _family.Add(_world.First);
        for (int i = 1; i < 4; i++) _family.Add(_family[i - 1].Fork());
        Assert.Equal(4, _family.Select(RootOf).Distinct().Count());
    }

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    /// <summary>By Linux's count the first root has two children: the second root and itself. The others have one child each.</summary>
    [Theory]
    [InlineData("", -1)]
    [InlineData("0", -1)]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("01", 1)]
    [InlineData("12", 1)]
    [InlineData("012", 1)]
    public void TheFirstRootThatIsLeftIsTaken(string gone, int expected)
    {
        AnonymousRootIndex[] roots = [.. _family.Select(RootOf)];
        uint before = RootCount;
        foreach (char one in gone) Leave(one - '0');
        AnonymousRootIndex taken = RootOf(_family[3].Fork());
        Assert.Equal(expected, Array.IndexOf(roots, taken));
        Assert.Equal(expected < 0 ? before + 1 : before, RootCount);
    }

    [Fact]
    public void EachIsTakenOnceAndThenThereAreNewOnes()
    {
        AnonymousRootIndex[] roots = [.. _family.Select(RootOf)];
        for (int i = 0; i < 3; i++) Leave(i);
        Assert.Equal(1, Array.IndexOf(roots, RootOf(_family[3].Fork())));
        Assert.Equal(2, Array.IndexOf(roots, RootOf(_family[3].Fork())));
        UserProcess own = _family[3].Fork();
        Assert.Equal(-1, Array.IndexOf(roots, RootOf(own)));
        Leave(3);
        Assert.Equal(3, Array.IndexOf(roots, RootOf(own.Fork())));    // only the root of its own hangs on it
    }

    [Fact]
    public void ARootWithTwoChildrenIsNotTaken()
    {
        UserProcess one = _family[3].Fork(), other = _family[3].Fork();
        AnonymousRootIndex[] roots = [.. _family.Select(RootOf)];
        Leave(3);
        Assert.Equal(-1, Array.IndexOf(roots, RootOf(one.Fork())));
        other.Dispose();    // and with it its root
        Assert.Equal(3, Array.IndexOf(roots, RootOf(one.Fork())));
    }

    [Fact]
    public void AChainOfChildrenThatOutliveTheirParentsNeedsThreeRoots()
    {
        UserProcess last = _family[3];
        for (int i = 0; i < 3; i++) Leave(i);
        for (int generation = 0; generation < 40; generation++)
        {
            UserProcess child = last.Fork();
            child.Memory.Mmu.Write(World.At(0), generation);
            last.Dispose();
            last = child;
            Assert.InRange(RootCount, 1u, 4u);
            _world.Verify();
        }
    }

    private uint RootCount => _world.Machine.Areas.RootRecords.LiveCount;

    private void Leave(int generation) => World.Succeeds(_family[generation].Memory.Unmap(World.At(0), 4096));

    private static AnonymousRootIndex RootOf(UserProcess process)
    {
        AreaSet areas = process.Memory.Space.Areas;
        return areas[areas.Tree.Covering(World.At(0).Page)].Root;
    }
}
