using Xunit;

namespace Paging.Core.Tests;

/// <summary>The cache climbs until it hits the ceiling of RAM, stays there, and gives way when a frame is needed.</summary>
public sealed class PressureTests
{
    [Fact]
    public void TheCacheFillsRamAndThenGivesUpItsOldestPages()
    {
        using DeviceWorld disk = new(600, options: World.Options(1));
        uint highest = 0;
        for (int page = 0; page < 600; page++)
        {
            Assert.Equal(DeviceWorld.ByteOfPage(page), disk.Read(page * 4096L, 4096)[0]);
            highest = Math.Max(highest, disk.Engine.Files.CachedPages.Value);
        }

        Assert.InRange((int)highest, 256 - 64, 255);
        Assert.Equal(highest, disk.Engine.Files.CachedPages.Value);
        Assert.Equal(600 - highest, disk.Counters.Reclaimed);
        Assert.Equal((false, true), (disk.File.IsCached(new(0)), disk.File.IsCached(new(599))));
        Assert.Equal(0L, disk.Counters.ReadAheadWasted);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatIsUsedAgainAndAgainStays()
    {
        using DeviceWorld disk = new(1000, options: World.Options(1));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Random));
        for (int page = 1; page < 1000; page++)
        {
            disk.Read(page * 4096L, 1);
            disk.Read(0, 1);
        }

        Assert.Equal(1000L, disk.Counters.PagesRead);    // page 0 once
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AProgramThatNeedsFramesGetsThoseOfTheCache()
    {
        using DeviceWorld disk = new(400, options: World.Options(1));
        disk.Read(0, 400 * 4096);
        disk.World.Map(0, 220);
        for (int page = 0; page < 220; page++) disk.World.Touch(page, (byte)page);
        for (int page = 0; page < 220; page++) Assert.Equal((byte)page, disk.World.Peek(page));
        Assert.True(disk.Engine.Files.CachedPages.Value < 40);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void DirtyPagesAreWrittenBeforeTheyGiveWay()
    {
        using DeviceWorld disk = new(240, options: World.Options(1) with { DirtyBackgroundRatio = 90, DirtyRatio = 90 });
        disk.Write(0, 0x77, 180 * 4096);
        Assert.Equal(0L, disk.Counters.BackingWrites);
        disk.World.Map(0, 200);
        for (int page = 0; page < 200; page++) disk.World.Touch(page);
        Assert.True(disk.Counters.PagesWritten > 100);
        for (int page = 0; page < 180; page++) Assert.Equal(0x77, disk.Read((page * 4096L) + 5, 1)[0]);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void LockedPagesStayUntilTheyAreUnmapped()
    {
        using DeviceWorld disk = new(100, options: World.Options(1));
        disk.World.MapFile(disk.Descriptor, 0, 100, type: MapFlags.Shared);
        World.Succeeds(disk.World.Memory.Lock(World.At(0), World.Bytes(100)));
        disk.World.Map(200, 300);
        int touched = 0;
        while (disk.World.Mmu.TryWrite(World.At(200 + touched), (byte)1, out MemoryFault fault)) touched++;
        Assert.False(disk.World.Mmu.TryWrite(World.At(200 + touched), (byte)1, out MemoryFault last));
        Assert.Equal(MemoryFaultKind.OutOfMemory, last.Kind);
        Assert.Equal((100u, true), (disk.Engine.Files.CachedPages.Value, touched > 120));
        disk.World.Verify();

        Assert.Equal(Errno.ENOMEM, disk.World.First.Fork(out _));
        World.Succeeds(disk.World.Memory.Unmap(World.At(0), World.Bytes(50)));    // fifty pages of the cache may go now
        Assert.True(disk.World.Mmu.TryWrite(World.At(200 + touched), (byte)1, out _));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ForkingAndStartingProcessesTakeFramesFromTheCache()
    {
        using DeviceWorld disk = new(400, options: World.Options(1));
        disk.Read(0, 400 * 4096);
        List<UserProcess> processes = [];
        disk.World.Map(0, 2);
        disk.World.Touch(0);
        for (int i = 0; i < 40; i++)
        {
            World.Succeeds(disk.World.First.Fork(out UserProcess? child));
            processes.Add(child!);
            processes.Add(disk.Engine.CreateProcess("another"));
        }

        disk.World.Verify();
        foreach (UserProcess process in processes) process.Dispose();
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AFaultThatHasToReadTwiceBecauseItsFrameWasTheLastEndsWithAnAnswer()
    {
        // One frame is left, and a private write needs two: the page of the file, and the copy.
        using DeviceWorld disk = new(4, options: World.Options(1));
        disk.World.MapFile(disk.Descriptor, 300, 4);
        disk.World.Map(0, 300);
        disk.World.Peek(303);    // the table of the mapping
        World.Succeeds(disk.World.Memory.Advise(World.At(300), World.Bytes(4), MemoryAdvice.DontNeed));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
        int touched = 0;
        while (disk.Engine.Parts.Machine.Allocator.FreeFrames.Value > 1) disk.World.Touch(touched++);
        Assert.False(disk.World.Mmu.TryWrite(World.At(300), (byte)1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.OutOfMemory, fault.Kind);
        disk.World.Verify();
        disk.AssertNothingIsLeft();
    }
}
