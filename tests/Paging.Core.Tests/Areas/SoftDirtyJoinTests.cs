using Xunit;

namespace Paging.Core.Tests;

/// <summary>An area that results from a join is soft-clean only if every part was: otherwise an observer would miss what is new.</summary>
/// <remarks>Linux: VM_SOFTDIRTY, which mm/vma.c does not compare and which mmap sets on new areas.</remarks>
public class SoftDirtyJoinTests
{
    /// <summary>Left, middle, right; C is clean, d is mapped after clear_refs. The middle's rights change, and all three join.</summary>
    [Theory]
    [InlineData("CCC", true)]
    [InlineData("dCC", false)]
    [InlineData("CdC", false)]
    [InlineData("CCd", false)]
    [InlineData("dCd", false)]
    public void ThreeThatJoinAreCleanIfAllWere(string parts, bool isClean) => Assert.Equal(isClean, JoinsClean(parts));

    /// <summary>The same with one neighbour only: '.' is a hole.</summary>
    [Theory]
    [InlineData("CC.", true)]
    [InlineData("dC.", false)]
    [InlineData("Cd.", false)]
    [InlineData(".CC", true)]
    [InlineData(".dC", false)]
    [InlineData(".Cd", false)]
    public void TwoThatJoinAreCleanIfBothWere(string parts, bool isClean) => Assert.Equal(isClean, JoinsClean(parts));

    /// <summary>A join that finds no memory for the history changes neither neighbour. Linux: vma_expand, dup_anon_vma.</summary>
    [Fact]
    public void AJoinWithoutMemoryLeavesTheNeighboursClean()
    {
        int separate = 0;
        for (int number = 1; number < 4; number++)
        {
            using World world = new();
            world.Map(0, 2);
            world.Map(4, 2);
            world.Touch(4);    // the area above has a history, which the one below has to take over
            World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
            world.Machine.Injection.FailAtAllocation = number;
            _ = world.Memory.Map(World.At(2), World.Bytes(2), MemoryProtection.ReadWrite, World.PrivateFixed, out _);
            world.Machine.Injection.FailAtAllocation = 0;
            world.Verify();
            if (world.Memory.Areas.Count == 1) continue;
            separate++;
            Assert.False(world.Memory.ReadPagemap(World.At(0).Page).IsSoftDirty);
        }

        Assert.NotEqual(0, separate);
    }

    private static bool JoinsClean(string parts)
    {
        using World world = new();
        MapParts(world, parts, 'C');
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        MapParts(world, parts, 'd');
        World.Succeeds(world.Memory.Protect(World.At(2), World.Bytes(2), MemoryProtection.ReadWrite));
        Assert.Equal(1, world.Memory.Areas.Count);
        world.Verify();
        bool[] dirty = [.. Enumerable.Range(0, 6).Where(page => parts[page / 2] != '.')
            .Select(page => world.Memory.ReadPagemap(World.At(page).Page).IsSoftDirty).Distinct()];
        return !Assert.Single(dirty);
    }

    /// <summary>Two pages for each part of a kind; the middle one may not be written yet, so it joins nothing.</summary>
    private static void MapParts(World world, string parts, char kind)
    {
        for (int part = 0; part < 3; part++)
        {
            MemoryProtection rights = part == 1 ? MemoryProtection.Read : MemoryProtection.ReadWrite;
            if (parts[part] == kind) world.Map(part * 2, 2, rights);
        }
    }
}
