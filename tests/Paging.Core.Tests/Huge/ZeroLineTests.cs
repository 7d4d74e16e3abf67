using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A line that shows the huge page of zeros, and is written when there is no block for it: small zeros, but one.</summary>
/// <remarks>Linux: mm/huge_memory.c do_huge_zero_wp_pmd, and do_huge_pmd_wp_page's way to __split_huge_pmd.</remarks>
public sealed class ZeroLineTests
{
    [Theory]
    [InlineData(TableFormat.Pae, 0)]
    [InlineData(TableFormat.Pae, 511)]
    [InlineData(TableFormat.Classic, 77)]
    public void AWriteWithoutABlockCopiesOneSmallPage(TableFormat tables, int written)
    {
        using HugeWorld world = new(tables, ramMiB: 32, swapMiB: 0);
        world.MapLines(0, 1);
        Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(3)));
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(0).Page, out PageTableEntry zeros) && zeros.Software3);
        Assert.Equal((1u, 1L), (world.Memory.Space.HugeLines.Count, world.Huge.ZeroPagesMade));
        List<FrameNumber> blocks = TakeBlocks(world);
        (long served, long refused, long split) = (world.Huge.FaultsServed, world.Huge.FaultsRefused, world.Huge.EntriesSplit);
        FaultCounters before = world.Memory.Space.Faults;
        world.Write(written, 5);
        Assert.False(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(0).Page, out _));
        Assert.Equal((served, refused + 1, split + 1), (world.Huge.FaultsServed, world.Huge.FaultsRefused, world.Huge.EntriesSplit));
        Assert.Equal((before.Copied + 1, before.Minor + 1, before.ZeroPage),
            (world.Memory.Space.Faults.Copied, world.Memory.Space.Faults.Minor, world.Memory.Space.Faults.ZeroPage));
        Assert.Equal((0u, 1L), (world.Memory.Space.HugeLines.Count, world.Memory.Space.Statistics.ResidentAnonymous));
        for (int page = 0; page < world.PagesEach; page++)
        {
            PageTableEntry entry = world.Memory.Space.Tables.Read(HugeWorld.At(page).Page);
            Assert.Equal(page == written, entry is { IsPresent: true, IsWritable: true });
            Assert.True(page == written || Spaces.EntryWords.IsZeroPage(entry));
            Assert.Equal(page == written ? 5u : 0, world.Memory.Mmu.Read<uint>(HugeWorld.At(page)));
        }

        world.Verify();
        foreach (FrameNumber block in blocks) world.Engine.Frames.Return(block, 9);
        world.Verify();
    }

    /// <summary>If there is a block, the line gets it: all zeros but for the bytes written, and one huge fault.</summary>
    [Fact]
    public void AWriteWithABlockMakesTheLineHuge()
    {
        using HugeWorld world = new();
        world.MapLines(0, 2);
        for (int line = 0; line < 2; line++) Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At((line * 512) + 3)));
        Assert.Equal((1L, 0L, 2u), (world.Huge.ZeroPagesMade, world.Huge.FaultsServed, world.Memory.Space.HugeLines.Count));
        Assert.Equal(0, world.Memory.Space.Statistics.ResidentAnonymous);
        world.Write(700, 5);
        Assert.Equal((1L, 0L, 2u), (world.Huge.FaultsServed, world.Huge.FaultsRefused, world.Memory.Space.HugeLines.Count));
        Assert.Equal((512L, 2L, 1L), (world.Memory.Space.Statistics.ResidentAnonymous, world.Memory.Space.Faults.ZeroPage,
            world.Memory.Space.Faults.Anonymous));
        for (int page = 0; page < 1024; page++) Assert.Equal(page == 700 ? 5u : 0, world.Memory.Mmu.Read<uint>(HugeWorld.At(page)));
        world.Verify();
    }

    /// <summary>On a machine without a free block, reads map small pages of zeros, and the counters show it.</summary>
    [Fact]
    public void AReadWithoutABlockShowsSmallZeros()
    {
        using HugeWorld world = new(ramMiB: 32, swapMiB: 0);
        world.MapLines(0, 1);
        List<FrameNumber> blocks = TakeBlocks(world);
        Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(3)));
        Assert.Equal((0L, 1L, 0u), (world.Huge.ZeroPagesMade, world.Huge.ZeroPageRefused, world.Memory.Space.HugeLines.Count));
        Assert.True(Spaces.EntryWords.IsZeroPage(world.Memory.Space.Tables.Read(HugeWorld.At(3).Page)));
        Assert.True(world.Memory.Space.Tables.Read(HugeWorld.At(4).Page).IsNeverTouched);
        world.Verify();
        foreach (FrameNumber block in blocks) world.Engine.Frames.Return(block, 9);
    }

    /// <summary>Takes every block of 512 frames, so that only smaller ones are left.</summary>
    private static List<FrameNumber> TakeBlocks(HugeWorld world)
    {
        List<FrameNumber> blocks = [];
        while (world.Engine.Frames.TryTake(9, out FrameNumber block)) blocks.Add(block);
        Assert.NotEmpty(blocks);
        return blocks;
    }
}
