using Paging.Core.Spaces;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>When a space has a trie of its areas, and that it may go at any time.</summary>
public sealed class AreaTrieTests : IDisposable
{
    private const int From = 40;

    private readonly World _world = new(World.Options(8) with { TrieFromAreas = From });

    private AreaTree Tree => _world.Memory.Space.Areas.Tree;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void FewAreasHaveNone()
    {
        MapComb(From - 5);
        Search(1000, From - 5);
        Assert.False(Tree.Trie.IsMade);
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void ManyAreasHaveOneOnceTheyAreSearched()
    {
        MapComb(2 * From);
        Tree.Trie.Clear();    // to map is to search, too
        Search((2 * From / 8) - 1);
        Assert.False(Tree.Trie.IsMade);
        Search(2);
        Assert.True(Tree.Trie.IsMade);
        Search(100);
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void ItGoesWithTheAreas()
    {
        MapComb(2 * From);
        Search(2 * From);
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(3 * From)));
        Assert.True(Tree.Trie.IsMade);
        World.Succeeds(_world.Memory.Unmap(World.At(3 * From), World.Bytes(From)));
        Assert.False(Tree.Trie.IsMade);
        Assert.Equal(0u, _world.Machine.Areas.TrieNodes.NodeCount);
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void AChildMakesItsOwn()
    {
        MapComb(2 * From);
        Search(2 * From);
        World.Succeeds(_world.First.Fork(out UserProcess? child));
        Assert.False(child!.Memory.Space.Areas.Tree.Trie.IsMade);
        Assert.True(Tree.Trie.IsMade);
        child.Dispose();
        _world.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutMemoryForANodeTheBinaryTreeAnswers()
    {
        MapComb(2 * From);
        for (int refused = 1; refused <= 3; refused++)
        {
            Tree.Trie.Clear();
            _world.Machine.Injection.FailAtAllocation = refused;
            Search(From / 3);
            Assert.Equal(0, _world.Machine.Injection.FailAtAllocation);
            Assert.False(Tree.Trie.IsMade);
            _world.Verify();
        }

        Search(2 * From);
        Assert.True(Tree.Trie.IsMade);
        _world.Machine.Injection.FailAtAllocation = 2;    // the first is the area's record, the second a node far from all others
        _world.Map(100_000, 1);
        Assert.Equal(0, _world.Machine.Injection.FailAtAllocation);
        Assert.False(Tree.Trie.IsMade);
        Search(100);
        _world.AssertNothingIsLeft();
    }

    // Areas of a page with a page between one and the next.
    private void MapComb(int count)
    {
        for (int i = 0; i < count; i++) _world.Map(2 * i, 1);
    }

    private void Search(int count, int areas = 2 * From)
    {
        for (int i = 0; i < count; i++)
        {
            int page = 2 * (i * 7 % areas);
            Assert.Equal(World.At(page).Page, Tree[Tree.FirstEndingAfter(World.At(page).Page)].First);
        }
    }
}
