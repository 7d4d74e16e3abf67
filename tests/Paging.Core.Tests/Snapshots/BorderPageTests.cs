using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The first page that can be mapped, the last one, and those around the borders of page tables, in a tree of snapshots.</summary>
public sealed class BorderPageTests
{
    private static readonly uint[] Pages = [16, 17, 1022, 1023, 1024, 2047, 2048, 0xBF800 - 1, 0xBF800, 0xBFFFE, 0xBFFFF];

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EachPageIsNotedOnceAndGoesBack(TableFormat tables)
    {
        using World world = new(World.Options() with { Tables = tables });
        World.Succeeds(world.Memory.Unmap(new(0xBF00_0000), 0x0100_0000));    // the stack
        foreach (uint page in Pages)
            World.Succeeds(world.Memory.Map(new(page << 12), 4096, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        Write(world, 1);
        using Snapshot first = world.First.TakeSnapshot();
        Write(world, 2);
        Assert.Equal((uint)Pages.Length, first.DirtyPages.Value);
        using Snapshot second = world.First.TakeSnapshot();    // freezes what has changed
        Assert.Equal(((uint)Pages.Length, 0u), (first.DirtyPages.Value, second.DirtyPages.Value));
        Write(world, 3);
        Assert.Equal((2 * (uint)Pages.Length, (uint)Pages.Length), (first.DirtyPages.Value, second.DirtyPages.Value));
        world.Verify();
        World.Succeeds(second.Restore());
        Check(world, 2);
        World.Succeeds(first.Restore());
        Check(world, 1);
        World.Succeeds(second.Restore());
        Check(world, 2);
        Write(world, 4);
        second.Dispose();    // later changes are dropped with the earlier ones
        Assert.Equal((uint)Pages.Length, first.DirtyPages.Value);
        Check(world, 4);
        World.Succeeds(first.Restore());
        Check(world, 1);
        Write(world, 5);
        first.Dispose();
        Check(world, 5);
        world.AssertNothingIsLeft();
    }

    private static void Write(World world, byte value)
    {
        foreach (uint page in Pages) world.Mmu.Write(new VirtualAddress(page << 12), (byte)(value + page));
    }

    private static void Check(World world, byte value)
    {
        foreach (uint page in Pages) Assert.Equal((byte)(value + page), world.Mmu.Read<byte>(new VirtualAddress(page << 12)));
        world.Verify();
    }
}
