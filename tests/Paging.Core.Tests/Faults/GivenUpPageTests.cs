using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A page that was given up (MADV_FREE) is lost when memory is short, unless it was written since: by the program, or by filling ahead for
/// writing, which counts as a write. Linux: mm/gup.c follow_page_pte with FOLL_TOUCH and FOLL_WRITE; mm/rmap.c try_to_unmap_one.
/// </summary>
public sealed class GivenUpPageTests
{
    private const int Pages = 4;

    public enum Since
    {
        Nothing,
        Read,
        PopulatedToRead,
        Written,
        PopulatedToWrite,
        LockedAndUnlocked,
    }

    [Theory]
    [InlineData(Since.Nothing, false)]
    [InlineData(Since.Read, false)]
    [InlineData(Since.PopulatedToRead, false)]
    [InlineData(Since.Written, true)]
    [InlineData(Since.PopulatedToWrite, true)]
    [InlineData(Since.LockedAndUnlocked, true)]
    public void ItStaysOnlyIfItWasWritten(Since what, bool stays)
    {
        using World world = new(2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.Map(0, Pages);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.Free));
        Happen(world, what);
        ReclaimCounters counters = default;
        for (int page = 0; page < Pages; page++)
        {
            PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(page).Page);
            FileParts files = world.Engine.Parts.Files;
            References references = new FrameUse(world.Machine.Frames, files.ReverseMap, files.OpenFiles).CollectReferences(entry.Frame);
            Assert.Equal(EvictionResult.Freed,
                world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, references.IsWritten, ref counters));
        }

        Assert.Equal(stays ? (0L, (long)Pages, (uint)Pages) : (Pages, 0L, 0u),
            (counters.LazyFreed, counters.SwapWrites, device!.UsedSlotCount));
        for (int page = 0; page < Pages; page++) Assert.Equal(stays ? page + 1 : 0, world.Peek(page));
        world.Verify();
    }

    /// <summary>A page that was read back from swap loses its slot when it is given up, unless a child has the slot as well.</summary>
    /// <remarks>Linux: mm/madvise.c madvise_free_pte_range, folio_free_swap.</remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APageWithASlotIsGivenUpWithIt(bool hasChild)
    {
        using World world = new(2);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.Map(0, 1);
        world.Touch(0, 7);
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PageOut));
        UserProcess? child = hasChild ? world.First.Fork() : null;
        Assert.Equal(7, world.Peek(0));
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(0).Page).Frame;
        Assert.Equal((1u, FrameState.SwapCache), (device!.UsedSlotCount, world.Machine.Frames[frame].State));
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.Free));
        Assert.Equal(hasChild ? 1u : 0u, device.UsedSlotCount);
        ReclaimCounters counters = default;
        Assert.Equal(EvictionResult.Freed, world.Engine.Parts.Reclaim.Eviction.Evict(frame, isWritten: false, ref counters));
        Assert.Equal(hasChild ? (0L, 1L) : (1L, 0L), (counters.LazyFreed, counters.CleanDrops));
        Assert.Equal((0L, hasChild ? 7 : 0, hasChild ? 7 : 0),
            (counters.SwapWrites, world.Peek(0), child?.Memory.Mmu.Read<byte>(World.At(0)) ?? 0));
        world.Verify();
    }

    private static void Happen(World world, Since what)
    {
        switch (what)
        {
            case Since.Read:
                for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(page));
                break;
            case Since.Written:
                for (int page = 0; page < Pages; page++) world.Mmu.Write(World.At(page, 9), (byte)1);
                break;
            case Since.PopulatedToRead or Since.PopulatedToWrite:
                World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Pages),
                    what == Since.PopulatedToRead ? MemoryAdvice.PopulateRead : MemoryAdvice.PopulateWrite));
                break;
            case Since.LockedAndUnlocked:
                World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(Pages)));
                World.Succeeds(world.Memory.Unlock(World.At(0), World.Bytes(Pages)));
                break;
            default: break;
        }
    }
}
