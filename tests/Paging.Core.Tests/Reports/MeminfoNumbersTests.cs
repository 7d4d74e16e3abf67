using Paging.Core.Frames;
using Paging.Native;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Figures of meminfo, counted by hand: 4 MiB of RAM have the watermarks 64, 80 and 96 frames.</summary>
public class MeminfoNumbersTests
{
    private const int High = 96, Low = 80;

    /// <summary>Free − high + cache − min(cache / 2, low). Linux: mm/show_mem.c si_mem_available.</summary>
    [Theory]
    [InlineData(40, 20)]
    [InlineData(159, 79)]
    [InlineData(161, Low)]
    [InlineData(400, Low)]
    public void AvailableIsTheMemoryAboveTheHighMarkAndMostOfTheCache(int cachedPages, int keptPages)
    {
        using World world = new();
        Fill(world, cachedPages);
        MachineMemory memory = world.Engine.Memory;
        Assert.Equal((uint)cachedPages, memory.ActiveFile.Value + memory.InactiveFile.Value);
        Assert.Equal((int)memory.Free.Value - High + cachedPages - keptPages, (int)memory.Available.Value);
        Assert.Contains($"\nMemAvailable:   {memory.Available.Value * 4,8} kB\n", world.Engine.FormatMeminfo(), StringComparison.Ordinal);
    }

    [Fact]
    public void ActiveAndInactivePagesOfFilesAreAvailableAlike()
    {
        using World world = new();
        GuestFile file = Fill(world, 200);
        world.MapFile(world.Open(file, FileRights.Read), 0, 200, protection: MemoryProtection.Read, type: MapFlags.Shared);
        uint before = world.Engine.Memory.Available.Value, freeBefore = world.Engine.Memory.Free.Value;
        for (int page = 0; page < 50; page++)
        {
            world.Peek(page);
            FrameNumber frame = world.Memory.Space.Tables.Read(World.At(page).Page).Frame;
            world.Machine.Lists.Move(frame, PageFlags.FileBacked | PageFlags.Active);
        }

        MachineMemory memory = world.Engine.Memory;
        Assert.Equal((50u, 150u), (memory.ActiveFile.Value, memory.InactiveFile.Value));
        Assert.Equal(before + memory.Free.Value, memory.Available.Value + freeBefore);    // only page tables have gone
    }

    [Fact]
    public void AlmostNothingFreeIsNothingAvailable()
    {
        using World world = new();
        world.Map(0, 1100);
        for (int page = 0; world.Engine.Memory.Free.Value > 20; page++) world.Touch(page);
        Assert.Equal(0u, world.Engine.Memory.Available.Value);
    }

    /// <summary>Shared memory ages with private pages; a locked page is on no list.</summary>
    [Fact]
    public void EachPageCountsInOneList()
    {
        using World world = new();
        Fill(world, 30);
        world.Map(0, 7);
        for (int page = 0; page < 7; page++) world.Touch(page);
        world.MapShared(10, 5);
        for (int page = 10; page < 15; page++) world.Touch(page);
        World.Succeeds(world.Memory.Lock(World.At(0), 2 * 4096));
        World.Succeeds(world.Memory.Lock(World.At(10), 1 * 4096));
        MachineMemory memory = world.Engine.Memory;
        Assert.Equal((0u, 5u + 4u), (memory.ActiveAnonymous.Value, memory.InactiveAnonymous.Value));
        Assert.Equal((0u, 30u), (memory.ActiveFile.Value, memory.InactiveFile.Value));
        Assert.Equal((3u, 5u, 35u), (memory.Unevictable.Value, memory.Shared.Value, memory.Cached.Value));
        Assert.Equal((7u, 5u), (memory.MappedAnonymous.Value, memory.MappedCached.Value));    // of the file nothing is mapped
    }

    /// <summary>A host writes entries of a locked area: those that lead nowhere, or are not present, lock no frame.</summary>
    [Theory]
    [InlineData(0xFFFF_F067u, 1u)]    // beyond RAM
    [InlineData(0x0040_0067u, 1u)]    // just beyond RAM
    [InlineData(0x0000_0000u, 1u)]
    [InlineData(0x0000_0006u, 1u)]    // the frame of the file's page, not present
    [InlineData(0x0000_0007u, 2u)]    // the same, present
    public void OnlyPresentEntriesThatLeadToRamLockAFrame(uint bits, uint lockedCount)
    {
        using World world = new();
        GuestFile file = Fill(world, 4);
        Assert.True(world.Engine.Parts.Files.Cache.TryFind(file.Object, default, out FrameNumber cached));
        world.Map(0, 2);
        world.Touch(0);
        world.Touch(1);
        World.Succeeds(world.Memory.Lock(World.At(0), 2 * 4096));
        Assert.Equal(2u, world.Engine.Memory.Unevictable.Value);
        PageNumber page = World.At(1).Page;
        Span<uint> upper = world.Engine.Ram.Words(world.Memory.PrepareWalk());
        Span<uint> table = world.Engine.Ram.Words(new(upper[page.DirectoryIndex] >> 12));
        uint before = table[page.TableIndex];
        table[page.TableIndex] = bits is 6 or 7 ? (cached.Value << 12) | bits : bits;
        Assert.Equal(lockedCount, world.Engine.Memory.Unevictable.Value);
        table[page.TableIndex] = before;
        world.Verify();
    }

    /// <summary>A file with so many pages in the cache, none of them mapped.</summary>
    private static GuestFile Fill(World world, int pageCount)
    {
        GuestFile file = world.CreateBacked(new(pageCount * 4096));
        World.Succeeds(file.Read(0, new byte[pageCount * 4096], out int count));
        Assert.Equal(pageCount * 4096, count);
        Assert.Equal((uint)pageCount, world.Engine.Memory.Cached.Value);
        return file;
    }
}
