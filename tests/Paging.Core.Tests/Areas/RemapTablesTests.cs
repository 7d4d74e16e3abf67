using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A move of many tables where few frames are free, and others could be: reclaim makes room for all tables.</summary>
/// <remarks>Linux: mm/mremap.c move_page_tables, whose pte_alloc reclaims as any allocation does.</remarks>
public sealed class RemapTablesTests
{
    [Theory]
    [InlineData(TableFormat.Classic, 4096, 0x10001)]
    [InlineData(TableFormat.Classic, 2, 0x103ff)]    // one page in each of two tables
    [InlineData(TableFormat.Pae, 4096, 0x10001)]
    [InlineData(TableFormat.Pae, 2, 0x101ff)]
    public void TheTablesOfAMoveAreWorthReclaim(TableFormat tables, int pageCount, int place)
    {
        foreach (int free in (int[])[0, 1, 4, 5, 6, 8, 9, 10])
        {
            using World world = new(World.Options(2) with { Tables = tables });
            World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            world.Map(0, pageCount, more: MapFlags.NoReserve);
            world.Map(-64, 48);
            for (int page = -64; page < -16; page++) world.Touch(page, (byte)page);    // these could go
            for (int page = 0; page < pageCount; page += 512) world.Touch(page, (byte)(1 + (page / 512)));
            world.Touch(pageCount - 1, 99);
            List<FrameNumber> taken = world.Engine.TakeAllFrames();
            foreach (FrameNumber frame in taken.Take(free)) world.Engine.Frames.Return(frame, 0);
            World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(pageCount), World.Bytes(pageCount),
                RemapFlags.MayMove | RemapFlags.Fixed, World.At(place), out _));
            foreach (FrameNumber frame in taken.Skip(free)) world.Engine.Frames.Return(frame, 0);
            for (int page = 0; page < pageCount; page += 512) Assert.Equal((byte)(1 + (page / 512)), world.Peek(place + page));
            Assert.Equal(99, world.Peek(place + pageCount - 1));
            world.Verify();
        }
    }
}
