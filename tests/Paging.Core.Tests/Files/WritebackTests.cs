using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>When dirty pages go out, in which order, in how many calls, and their state afterwards.</summary>
public sealed class WritebackTests
{
    // 4 MiB are 1024 frames: the background writes above 102 dirty pages; above 204 a dirtying process writes, down to 153.
    private const int Background = 102, Hard = 204, Ease = 153;

    /// <summary>A device that notes every write: <c>3+2</c> is two pages from page 3 on.</summary>
    private sealed class Recorder(IFileBacking inner, List<string> notes, string name = "") : IFileBacking
    {
        public Action? DuringWrite { get; set; }

        public long ByteLength => inner.ByteLength;
        public Errno Read(long offset, Span<byte> destination, out int byteCount) => inner.Read(offset, destination, out byteCount);

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            notes.Add($"{name}{offset >> 12}+{(source.Length + 4095) >> 12}");
            DuringWrite?.Invoke();
            return inner.Write(offset, source, out byteCount);
        }

        public Errno SetLength(long byteLength) => inner.SetLength(byteLength);
        public Errno Flush() => inner.Flush();
        public void Dispose() => inner.Dispose();
    }

    private static int Create(World world, string name, int pages, List<string> notes, out GuestFile file, out Recorder recorder)
    {
        recorder = new(new MemoryBacking(new byte[pages * 4096]), notes, name);
        file = world.Engine.Files.CreateFile(name, recorder);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        return descriptor;
    }

    private static void Dirty(World world, int descriptor, params int[] pages)
    {
        byte[] bytes = new byte[4096];
        foreach (int page in pages)
        {
            Array.Fill(bytes, (byte)(page + 1));
            World.Succeeds(world.First.FileDescriptors.Write(descriptor, page * 4096L, bytes, out _));
        }
    }

    [Fact]
    public void DirtyPagesGoOutInTheOrderOfTheirOffsetsNeighboursInOneCall()
    {
        using World world = new();
        List<string> notes = [];
        int file = Create(world, "", 300, notes, out GuestFile named, out _);
        Dirty(world, file, 100, 3, 7, 2, 200, 101, 5, 4, 102);    // frames in this order, too: the first three are no neighbours in RAM
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(["2+4", "7+1", "100+3", "200+1"], notes);
        Assert.Equal((4L, 9L), (world.Engine.Files.CacheCounters.BackingWrites, world.Engine.Files.CacheCounters.PagesWritten));
        byte[] back = new byte[4096];
        World.Succeeds(((IFileBacking)world.Engine.Parts.Files.OpenFiles.Object(0).Backing!).Read(5 * 4096, back, out _));
        Assert.All(back, static value => Assert.Equal(6, value));
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(4, notes.Count);    // clean
        named.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ALongRunGoesOutInClusters()
    {
        using World world = new(8);
        List<string> notes = [];
        int file = Create(world, "", 0, notes, out GuestFile named, out _);
        World.Succeeds(world.First.FileDescriptors.Write(file, 0, new byte[(150 * 4096) + 17], out _));
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(["0+64", "64+64", "128+23"], notes);
        Assert.Equal((150 * 4096) + 17, world.Engine.Parts.Files.OpenFiles.Object(0).Backing!.ByteLength);
        named.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageIsReadOnlyAndCleanAfterwardsAndTheNextWriteIsNoticed()
    {
        using World world = new();
        List<string> notes = [];
        int file = Create(world, "", 4, notes, out GuestFile named, out _);
        world.MapFile(file, 0, 4, type: MapFlags.Shared);
        world.MapFile(file, 10, 4, type: MapFlags.Shared);
        world.Touch(1);
        world.Touch(11);
        Assert.True(world.Memory.Space.Tables.Read(World.At(1).Page).IsWritable);
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        foreach (int page in new[] { 1, 11 })
        {
            PageTableEntry entry = world.Memory.Space.Tables.Read(World.At(page).Page);
            Assert.Equal((true, false, false), (entry.IsPresent, entry.IsWritable, entry.IsDirty));
        }

        Assert.Equal(0u, world.Engine.Files.DirtyPages.Value);
        world.Verify();
        Assert.Equal("Minor 1", FaultStory.Of(world.First, () => world.Touch(11, 9)));
        Assert.Equal(1u, world.Engine.Files.DirtyPages.Value);
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(["1+1", "1+1"], notes);
        named.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatIsWrittenToOnItsWayStaysDirty()
    {
        using World world = new();
        List<string> notes = [];
        int file = Create(world, "", 4, notes, out GuestFile named, out Recorder device);
        world.MapFile(file, 0, 4, type: MapFlags.Shared);
        world.Touch(2, 0x11);
        device.DuringWrite = () =>    // a second processor writes: it faults, as the page lost its right to write
        {
            PageNumber page = World.At(2).Page;
            Assert.Equal(FaultOutcome.Resolved, world.Engine.Parts.Faults.HandleAnywhere(world.Memory.Space, new(page, AccessKind.Write)));
            world.Engine.Ram.Bytes(world.Memory.Space.Tables.Read(page).Frame)[5] = 0x22;
        };
        World.Succeeds(world.First.FileDescriptors.SynchronizeRange(file, 2 * 4096, 4096, SyncRangeFlags.Write));
        Assert.Equal((1u, 1u), (world.Engine.Files.DirtyPages.Value, named.DirtyPages.Value));
        world.Verify();
        device.DuringWrite = null;
        World.Succeeds(world.First.FileDescriptors.Synchronize(file));
        Assert.Equal(["2+1", "2+1"], notes);
        byte[] one = new byte[1];
        device.Read((2 * 4096) + 5, one, out _);
        Assert.Equal(0x22, one[0]);
        named.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void DirtyPagesSurviveTheMappingAndTheProcessThatMadeThem()
    {
        using DeviceWorld disk = new(4);
        using UserProcess other = disk.Engine.CreateProcess("other");
        int file = disk.Open(process: other);
        World.Succeeds(other.Memory.Map(World.At(0), World.Bytes(4), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, file, 0,
            out _));
        other.Memory.Mmu.Write(World.At(1), (byte)0x77);
        World.Succeeds(other.Memory.Unmap(World.At(0), World.Bytes(2)));
        other.Memory.Mmu.Write(World.At(2), (byte)0x78);
        other.Dispose();
        Assert.Equal((2u, 0x77, 0x11), (disk.Engine.Files.DirtyPages.Value, disk.Read(4096, 1)[0], disk.OnDevice(4096)));
        World.Succeeds(disk.Calls.Synchronize(disk.Descriptor));
        Assert.Equal((0x77, 0x78), (disk.Durable(4096), disk.Durable(8192)));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TheBackgroundWritesNothingBelowItsLimitUntilPagesAreOld()
    {
        using DeviceWorld disk = new(300);
        disk.Write(0, 1, 10 * 4096);
        for (int tick = 1; tick < 6; tick++) Assert.Equal(0, disk.Engine.RunBackground(1000));
        Assert.Equal(4, disk.Engine.RunBackground(4));    // the sixth tick: 30 seconds of Linux
        Assert.Equal(6, disk.Engine.RunBackground(1000));
        Assert.Equal(0u, disk.Engine.Files.DirtyPages.Value);
        Assert.Equal((1, 0x19), (disk.OnDevice(9 * 4096), disk.Durable(9 * 4096)));    // written, not flushed
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AboveItsLimitTheBackgroundWritesDownToIt()
    {
        using DeviceWorld disk = new(300);
        disk.Write(0, 1, (Background + 30) * 4096);
        Assert.Equal(20, disk.Engine.RunBackground(20));
        Assert.Equal(10, disk.Engine.RunBackground(1000));
        Assert.Equal(Background, (int)disk.Engine.Files.DirtyPages.Value);
        Assert.Equal(0, disk.Engine.RunBackground(1000));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriterOfTooManyDirtyPagesWritesBack()
    {
        using DeviceWorld disk = new(600);
        disk.Write(0, 1, Hard * 4096);
        Assert.Equal(Hard, (int)disk.Engine.Files.DirtyPages.Value);
        disk.Write(Hard * 4096, 1, 4096);
        Assert.Equal(Ease, (int)disk.Engine.Files.DirtyPages.Value);
        disk.World.MapFile(disk.Descriptor, 0, 600, type: MapFlags.Shared);
        for (int page = 300; page < 500; page++) disk.World.Touch(page);
        Assert.InRange((int)disk.Engine.Files.DirtyPages.Value, 1, Hard + 1);
        for (int page = 300; page < 500; page++) Assert.Equal(1, disk.World.Peek(page));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TheFileThatWasDirtiedFirstIsWrittenFirstAndAFullPassGivesWayToTheNext()
    {
        using World world = new();
        List<string> notes = [];
        int a = Create(world, "a", 10, notes, out GuestFile first, out _);
        int b = Create(world, "b", 10, notes, out GuestFile second, out _);
        Dirty(world, b, 5);
        world.Engine.RunBackground(0);
        Dirty(world, a, 1);
        Dirty(world, b, 9);
        for (int tick = 0; tick < 20; tick++) world.Engine.RunBackground(100);
        Assert.Equal(["b5+1", "b9+1", "a1+1"], notes);
        Dirty(world, a, 2, 8);
        Dirty(world, b, 0);
        world.Engine.Files.SynchronizeAll();
        Assert.Equal(["a2+1", "a8+1", "b0+1"], notes[3..]);
        Assert.Equal(2L, world.Engine.Files.CacheCounters.Flushes);
        first.Dispose();
        second.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void BytesBehindTheEndOfTheFileAreZeroedAndNeverWritten()
    {
        using DeviceWorld disk = new(1, tailBytes: 100);
        disk.World.MapFile(disk.Descriptor, 0, 2, type: MapFlags.Shared);
        Assert.Equal((0x11, 0), (disk.World.Peek(1, 99), disk.World.Peek(1, 100)));
        disk.World.Mmu.Write(World.At(1, 50), (byte)0xAA);
        disk.World.Mmu.Write(World.At(1, 200), (byte)0xBB);
        Assert.Equal(0xBB, disk.World.Peek(1, 200));
        World.Succeeds(disk.World.Memory.Synchronize(World.At(0), World.Bytes(2), SyncFlags.Sync));
        Assert.Equal((4096L + 100, 0xAA), (disk.Disk.ByteLength, disk.Durable(4096 + 50)));
        Assert.Equal(0, disk.World.Peek(1, 200));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AsynchronousAndPlainMsyncWriteNothingAndInvalidateRefusesLockedMemory()
    {
        using DeviceWorld disk = new(4);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        disk.World.Touch(0);
        World.Succeeds(disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Async));
        World.Succeeds(disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Invalidate));
        Assert.Equal((1u, 0L), (disk.Engine.Files.DirtyPages.Value, disk.Counters.BackingWrites));
        World.Succeeds(disk.World.Memory.Lock(World.At(0), 4096));
        Assert.Equal(Errno.EBUSY, disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync | SyncFlags.Invalidate));
        World.Succeeds(disk.World.Memory.Synchronize(World.At(0), 4096, SyncFlags.Sync));
        Assert.Equal((0u, 1L), (disk.Engine.Files.DirtyPages.Value, disk.Counters.Flushes));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void MsyncWritesOnlySharedMappingsOfItsRange()
    {
        using DeviceWorld disk = new(8);
        disk.World.MapFile(disk.Descriptor, 0, 8, type: MapFlags.Shared);
        disk.World.MapFile(disk.Descriptor, 10, 8);
        for (int page = 0; page < 8; page++) disk.World.Touch(page, 0x60);
        World.Succeeds(disk.World.Memory.Synchronize(World.At(10), World.Bytes(8), SyncFlags.Sync));
        Assert.Equal(8u, disk.Engine.Files.DirtyPages.Value);
        World.Succeeds(disk.World.Memory.Synchronize(World.At(2), World.Bytes(3), SyncFlags.Sync));
        Assert.Equal((5u, 0x11, 0x60, 0x60, 0x15),
            (disk.Engine.Files.DirtyPages.Value, disk.Durable(4096), disk.Durable(2 * 4096), disk.Durable(4 * 4096),
                disk.Durable(5 * 4096)));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void SyncFileRangeSendsOffWithoutAFlush()
    {
        using DeviceWorld disk = new(8);
        disk.Write(0, 0x42, 8 * 4096);
        World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 4096, 4096,
            SyncRangeFlags.WaitBefore | SyncRangeFlags.Write | SyncRangeFlags.WaitAfter));
        Assert.Equal((7u, 0L, 0x42, 0x11),
            (disk.Engine.Files.DirtyPages.Value, disk.Counters.Flushes, disk.OnDevice(4096), disk.Durable(4096)));
        World.Succeeds(disk.Calls.SynchronizeRange(disk.Descriptor, 4096, 0, SyncRangeFlags.Write));    // to the end
        Assert.Equal(1u, disk.Engine.Files.DirtyPages.Value);
        Assert.Equal(Errno.EINVAL, disk.Calls.SynchronizeRange(disk.Descriptor, 0, 0, (SyncRangeFlags)8));
        Assert.Equal(Errno.EINVAL, disk.Calls.SynchronizeRange(disk.Descriptor, -1, 0, SyncRangeFlags.Write));
        Assert.Equal(Errno.EINVAL, disk.Calls.SynchronizeRange(disk.Descriptor, long.MaxValue, 1, SyncRangeFlags.Write));
        Assert.Equal(Errno.EBADF, disk.Calls.SynchronizeRange(99, 0, 0, SyncRangeFlags.Write));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void DisposingOfAFileOrOfTheEngineWritesDirtyPages()
    {
        MemoryBacking gone = new(new byte[4096]), left = new(new byte[4096]);
        using (World world = new())
        {
            GuestFile first = world.Engine.Files.CreateFile("first", gone);
            World.Succeeds(first.Write(0, [1], out _));
            first.Dispose();
            Assert.Equal(1, gone.Content[0]);
            GuestFile second = world.Engine.Files.CreateFile("second", left);
            World.Succeeds(second.Write(0, [2], out _));
        }

        Assert.Equal(2, left.Content[0]);
    }
}
