using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Errors of write-back: kept by the file, and reported once to each open file, by fsync and msync only (errseq).</summary>
public sealed class WriteErrorTests
{
    /// <summary>One page is dirty and cannot be written.</summary>
    private static DeviceWorld Broken(Errno error = Errno.EIO)
    {
        DeviceWorld disk = new(8);
        disk.Write(0, 0x77);
        disk.Device.FailAt(1, BackingCalls.Write, error);
        return disk;
    }

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    public void FsyncReportsTheErrorOnceAndThePageIsClean(Errno error)
    {
        using DeviceWorld disk = Broken(error);
        Assert.Equal(error, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((0u, 1L, 0L), (disk.Engine.Files.DirtyPages.Value, disk.Counters.WriteErrors, disk.Counters.PagesWritten));
        Assert.Equal((0x77, 0x10), (disk.Read(0, 1)[0], disk.OnDevice(0)));    // the cache has it, the disk has not, as on Linux
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void EachOpenFileReportsOnceAndAForkedDescriptorSharesIt()
    {
        using DeviceWorld disk = Broken();
        int second = disk.Open(FileRights.Read);
        using UserProcess child = disk.World.First.Fork();
        Assert.Equal(Errno.EIO, child.FileDescriptors.Synchronize(disk.Descriptor));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(second));
        Assert.Equal(Errno.None, child.FileDescriptors.Synchronize(second));
        child.Dispose();
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void OnlyFilesOpenedBeforeTheFirstReportSeeTheError()
    {
        using DeviceWorld disk = Broken();
        disk.Engine.Files.SynchronizeAll();    // fails without a report
        int unseen = disk.Open();
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        int seen = disk.Open();
        Assert.Equal(Errno.None, disk.Calls.Synchronize(seen));
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(unseen));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void UnseenErrorsAreReportedOnceAndALaterOneAgain()
    {
        using DeviceWorld disk = Broken();
        disk.Device.FailAt(1, BackingCalls.Write, count: 2);
        disk.Engine.Files.SynchronizeAll();
        disk.Write(4096, 1);
        disk.Engine.Files.SynchronizeAll();
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(disk.Descriptor));
        disk.Device.FailAt(1, BackingCalls.Write, Errno.ENOSPC);
        disk.Write(4096, 2);
        Assert.Equal(Errno.ENOSPC, disk.Calls.Synchronize(disk.Descriptor));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void CloseWriteAndReadDoNotReportTheError()
    {
        using DeviceWorld disk = Broken();
        disk.Engine.Files.SynchronizeAll();
        int second = disk.Open();
        World.Succeeds(disk.Calls.Close(second));
        disk.Write(0, 1);
        disk.Read(0, 1);
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void MsyncReportsToTheOpenFileOfTheMapping()
    {
        using DeviceWorld disk = Broken();
        int second = disk.Open();
        disk.World.MapFile(second, 0, 1, type: MapFlags.Shared);
        Assert.Equal(Errno.EIO, disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync));
        Assert.Equal(Errno.None, disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(second));
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void SyncFileRangeReportsTheErrorWhenItWaits()
    {
        using DeviceWorld disk = Broken();
        World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, SyncRangeFlags.Write));
        Assert.Equal(Errno.EIO, disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, SyncRangeFlags.WaitAfter));
        Assert.Equal(Errno.None, disk.Calls.Synchronize(disk.Descriptor));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AFailedFlushIsReportedToItsCallerOnly()
    {
        using DeviceWorld disk = new(2);
        int second = disk.Open();
        disk.Write(0, 0x77);
        disk.Device.FailAt(1, BackingCalls.Flush);
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal(0x10, disk.Durable(0));
        World.Succeeds(disk.Calls.Synchronize(second));
        Assert.Equal(0x77, disk.Durable(0));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void OneBadPageDoesNotKeepItsNeighboursFromTheDisk()
    {
        using DeviceWorld disk = new(8);
        disk.Write(0, 0x77, 8 * 4096);
        disk.Device.TransferByteLengthMax = 4096;
        disk.Device.FailAt(4, BackingCalls.Write);
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal("77 77 77 13 77 77 77 77", string.Join(' ', Enumerable.Range(0, 8).Select(page => $"{disk.Durable(page * 4096):x2}")));
        Assert.Equal((7L, 1L), (disk.Counters.PagesWritten, disk.Counters.WriteErrors));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TheBackgroundStopsAtAnErrorAndTheRestWaits()
    {
        using DeviceWorld disk = new(8, options: World.Options() with { DirtyExpireTicks = 1 });
        foreach (int page in new[] { 0, 2, 4 }) disk.Write(page * 4096, 0x77);
        disk.Device.FailAt(2, BackingCalls.Write);
        Assert.Equal(2, disk.Engine.RunBackground(100));
        Assert.Equal(1u, disk.Engine.Files.DirtyPages.Value);
        Assert.Equal(1, disk.Engine.RunBackground(100));
        Assert.Equal((0x77, 0x12, 0x77), (disk.OnDevice(0), disk.OnDevice(2 * 4096), disk.OnDevice(4 * 4096)));
        Assert.Equal(Errno.EIO, disk.Calls.Synchronize(disk.Descriptor));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ADiskThatIsFullTakesWhatFitsInWholePages()
    {
        using World world = new();
        MemoryBacking disk = new(capacityByteLength: (3 * 4096) + 100);
        GuestFile named = world.Engine.Files.CreateFile("f", disk);
        World.Succeeds(named.Open(world.First, FileRights.ReadWrite, out int file));
        World.Succeeds(world.First.FileDescriptors.Write(file, 0, new byte[5 * 4096], out int count));
        Assert.Equal(5 * 4096, count);    // the page cache has room
        Assert.Equal(Errno.ENOSPC, world.First.FileDescriptors.Synchronize(file));
        Assert.Equal((3L * 4096, 2L), (disk.ByteLength, world.Engine.Files.CacheCounters.WriteErrors));
        Assert.Equal(Errno.ENOSPC, world.First.FileDescriptors.SetLength(file, 100_000));
        Assert.Equal(5 * 4096, named.ByteLength);
        world.First.Dispose();
        named.Dispose();
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(Errno.EIO, Errno.EIO)]
    [InlineData(Errno.ENOSPC, Errno.ENOSPC)]
    public void TheWordKeepsTheLastErrorAndCountsOnlySeenOnes(Errno first, Errno second)
    {
        ErrorSequence file = default, reported = default;
        Assert.Equal(Errno.None, ErrorSequence.Advance(ref file, ref reported));
        file = file.With(Errno.EIO).With(first);
        Assert.Equal(default, file.Sample);
        Assert.Equal(first, ErrorSequence.Advance(ref file, ref reported));
        Assert.Equal(Errno.None, ErrorSequence.Advance(ref file, ref reported));
        Assert.Equal(file, file.Sample);
        ErrorSequence before = file;
        file = file.With(second);    // the same error again is another one
        Assert.NotEqual(before, file);
        Assert.Equal(second, ErrorSequence.Advance(ref file, ref reported));
        Assert.Equal(second, ErrorSequence.Advance(ref file, ref before));
    }

    /// <summary>ToString must not recurse into a property of its own type: that overflowed the stack and ended the process.</summary>
    [Fact]
    public void ItsTextNamesTheErrorItsNumberAndWhetherItWasReported()
    {
        ErrorSequence file = default, reported = default;
        Assert.Equal("no error", file.ToString());
        file = file.With(Errno.EIO);
        Assert.Equal("EIO #0, not reported", file.ToString());
        ErrorSequence.Advance(ref file, ref reported);
        Assert.Equal("ENOSPC #1, not reported", file.With(Errno.ENOSPC).ToString());
        Assert.Equal("EIO #0, reported", file.ToString());
    }
}
