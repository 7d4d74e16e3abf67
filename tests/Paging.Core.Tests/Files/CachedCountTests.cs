using Paging.Core.Files;
using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>cachestat(2): pages cached, on a device, and under write-back, page by page and over every range.</summary>
/// <remarks>Linux: mm/filemap.c filemap_cachestat.</remarks>
public sealed class CachedCountTests
{
    private const int Pages = 8;

    [Fact]
    public void EveryRangeIsTheSumOfItsPages()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        GuestFile file = world.CreateFile("shared", Pages);
        world.MapFile(world.Open(file), 0, Pages, type: MapFlags.Shared);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)page);
        foreach (int page in (int[])[0, 2, 3, 7])
            World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
        World.Succeeds(world.Memory.Advise(World.At(5), 4096, MemoryAdvice.Remove));
        FileCacheCount[] each = [.. Enumerable.Range(0, Pages + 2).Select(page => page switch
        {
            0 or 2 or 3 or 7 => new FileCacheCount(0, 0, 0, 1),
            1 or 4 or 6 => new FileCacheCount(1, 0, 0, 0),    // memory is never dirty: it has nothing to be written to
            _ => default,
        })];
        for (int first = 0; first <= Pages; first++)
        {
            for (int end = first; end <= Pages + 2; end++)
            {
                FileCacheCount expected = default;
                foreach (FileCacheCount one in each[first..end])
                    expected = new(expected.Cached + one.Cached, 0, 0, expected.Swapped + one.Swapped);
                Assert.Equal(expected, file.CountCached(new((uint)first), (ulong)end));
            }
        }

        Assert.Equal(new FileCacheCount(3, 0, 0, 4), file.CountCached(default, ulong.MaxValue));
        world.AssertNothingIsLeft();
    }

    /// <summary>While a device writes, its pages are under write-back and not dirty; the others are as they were.</summary>
    [Fact]
    public void PagesThatADeviceIsWritingAreUnderWriteback()
    {
        using World world = new();
        NotingBacking backing = new(Pages * 4096);
        GuestFile file = world.Engine.Files.CreateFile("noted", backing);
        World.Succeeds(file.Write(4096, new byte[3 * 4096], out _));
        World.Succeeds(file.Write(6 * 4096, new byte[4096], out _));
        World.Succeeds(file.Read(0, new byte[10], out _));
        uint cached = file.CachedPages.Value;
        Assert.Equal(new FileCacheCount(cached, 4, 0, 0), file.CountCached(default, ulong.MaxValue));
        List<FileCacheCount> counts = [], parts = [];
        backing.OnWrite = () =>    // past the guard, which refuses a backing that asks the engine
        {
            counts.Add(world.Engine.Parts.Files.Cache.Count(file.Object, FilePageRange.All));
            parts.Add(world.Engine.Parts.Files.Cache.Count(file.Object, FilePageRange.Of(new(2), 1)));
            MachineMemory machine = world.Engine.Parts.Counting.Run();
            Assert.Equal((counts[^1].Dirty, counts[^1].Writeback), ((ulong)machine.Dirty.Value, (ulong)machine.Writeback.Value));
        };
        world.Engine.Files.SynchronizeAll();
        Assert.Equal([new(cached, 1, 3, 0), new(cached, 0, 1, 0)], counts);
        Assert.Equal([new(1, 0, 1, 0), new(1, 0, 0, 0)], parts);
        Assert.Equal(new FileCacheCount(cached, 0, 0, 0), file.CountCached(default, ulong.MaxValue));
        file.Dispose();
        world.AssertNothingIsLeft();
    }
}
