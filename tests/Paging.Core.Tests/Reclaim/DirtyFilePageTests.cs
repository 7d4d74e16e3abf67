using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Reclaim meets pages of a file that are newer than the device: they are written first, and one that cannot be written stays for now.
/// </summary>
public sealed class DirtyFilePageTests
{
    private const int DirtyCount = 150, AnonymousCount = 140;    // of 256 frames

    private static DeviceWorld ThatWritesOnlyWhenPressed() =>
        new(DirtyCount, options: World.Options(1) with { DirtyBackgroundRatio = 90, DirtyRatio = 90 });

    private static void NeedFrames(DeviceWorld disk)
    {
        disk.World.Map(1000, AnonymousCount);
        for (int page = 0; page < AnonymousCount; page++) disk.World.Touch(1000 + page, (byte)page);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADirtyPageIsWrittenBeforeItsFrameIsTaken(bool isMapped)
    {
        using DeviceWorld disk = ThatWritesOnlyWhenPressed();
        if (isMapped)
        {
            disk.World.MapFile(disk.Descriptor, 0, DirtyCount, type: MapFlags.Shared);
            for (int page = 0; page < DirtyCount; page++) disk.World.Mmu.Write(World.At(page, 5), (byte)(page ^ 0xFF));
        }
        else
        {
            for (int page = 0; page < DirtyCount; page++) disk.Write((page * 4096L) + 5, (byte)(page ^ 0xFF));
        }

        Assert.Equal((uint)DirtyCount, disk.Engine.Files.DirtyPages.Value);
        NeedFrames(disk);
        ReclaimCounters reclaimed = disk.Engine.Reclaimed;
        Assert.True(reclaimed.FileWrites > 0);
        Assert.Equal(0L, reclaimed.WriteErrors);
        int outCount = 0;
        for (int page = 0; page < DirtyCount; page++)
        {
            if (disk.File.IsCached(new((uint)page))) continue;
            outCount++;
            Assert.Equal((byte)(page ^ 0xFF), disk.OnDevice((page * 4096L) + 5));
        }

        Assert.True(outCount > 30);
        for (int page = 0; page < DirtyCount; page++) Assert.Equal((byte)(page ^ 0xFF), disk.Read((page * 4096L) + 5, 1)[0]);
        disk.AssertNothingIsLeft();
    }

    /// <summary>
    /// A page whose write fails moves to the active list and is clean from then on (errseq); fsync reports the error once.
    /// </summary>
    [Fact]
    public void APageThatTheDeviceRefusesIsKeptAndFsyncReportsIt()
    {
        using DeviceWorld disk = ThatWritesOnlyWhenPressed();
        for (int page = 0; page < DirtyCount; page++) disk.Write(page * 4096L, 0x77);
        disk.Device.FailAt(1, BackingCalls.Write, Errno.ENOSPC);
        NeedFrames(disk);
        Assert.Equal((1L, 1L), (disk.Engine.Reclaimed.WriteErrors, disk.Counters.WriteErrors));
        Assert.True(disk.Engine.Reclaimed is { FileDrops: > 30, FileWrites: > 1 });
        for (int page = 0; page < AnonymousCount; page++) Assert.Equal((byte)page, disk.World.Peek(1000 + page));
        Assert.Equal(Errno.ENOSPC, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(disk.Descriptor));
        int lost = 0;
        for (int page = 0; page < DirtyCount; page++) lost += disk.OnDevice(page * 4096L) == 0x77 ? 0 : 1;
        Assert.Equal(1, lost);
        disk.AssertNothingIsLeft();
    }

    /// <summary>
    /// While no page can be written, requests for memory still succeed: pages are dropped with an error for fsync to report.
    /// </summary>
    [Fact]
    public void AFailingDeviceDoesNotStopAllocations()
    {
        using DeviceWorld disk = ThatWritesOnlyWhenPressed();
        for (int page = 0; page < DirtyCount; page++) disk.Write(page * 4096L, 0x77);
        disk.Device.FailAt(1, BackingCalls.Write, Errno.EIO, long.MaxValue);
        NeedFrames(disk);
        Assert.True(disk.Engine.Reclaimed.WriteErrors > 0);
        for (int page = 0; page < AnonymousCount; page++) Assert.Equal((byte)page, disk.World.Peek(1000 + page));
        disk.Device.Heal();
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        for (int page = 0; page < DirtyCount; page++)
        {
            if (disk.OnDevice(page * 4096L) != 0x77) Assert.Equal(DeviceWorld.ByteOfPage(page), disk.OnDevice(page * 4096L));
        }

        disk.AssertNothingIsLeft();
    }
}
