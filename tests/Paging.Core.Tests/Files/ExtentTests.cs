using Paging.Core.Files;
using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>fallocate(2), SEEK_DATA and SEEK_HOLE: the engine's own answers, and those of the backing.</summary>
public sealed class ExtentTests
{
    [Theory]
    [InlineData(AllocationFlags.None, -1, 1, Errno.EINVAL)]
    [InlineData(AllocationFlags.None, 0, 0, Errno.EINVAL)]
    [InlineData((AllocationFlags)4, 0, 1, Errno.EOPNOTSUPP)]
    [InlineData(AllocationFlags.PunchHole, 0, 1, Errno.EOPNOTSUPP)]
    [InlineData(AllocationFlags.PunchHole | AllocationFlags.ZeroRange | AllocationFlags.KeepSize, 0, 1, Errno.EOPNOTSUPP)]
    [InlineData(AllocationFlags.CollapseRange, 0, 4096, Errno.EOPNOTSUPP)]
    [InlineData(AllocationFlags.None, GuestFile.ByteLengthMax, 1, Errno.EFBIG)]
    [InlineData(AllocationFlags.None, 1, long.MaxValue, Errno.EFBIG)]
    public void AnImpossibleAllocationIsRefusedAndChangesNothing(AllocationFlags flags, long offset, long byteLength, Errno error)
    {
        using DeviceWorld disk = new(2);
        Assert.Equal(error, disk.Calls.Allocate(disk.Descriptor, flags, offset, byteLength));
        Assert.Equal(Errno.EBADF, disk.Calls.Allocate(disk.Open(FileRights.Read), AllocationFlags.None, 0, 1));
        Assert.Equal(Errno.EBADF, disk.Calls.Allocate(99, flags, offset, byteLength));
        Assert.Equal(8192, disk.File.ByteLength);
    }

    [Fact]
    public void AllocationMakesAFileLongerUnlessItsSizeIsKept()
    {
        using DeviceWorld disk = new(2);
        World.Succeeds(disk.Calls.Allocate(disk.Descriptor, AllocationFlags.KeepSize, 0, 20_000));
        Assert.Equal(8192, disk.File.ByteLength);
        World.Succeeds(disk.Calls.Allocate(disk.Descriptor, AllocationFlags.None, 10, 9990));
        Assert.Equal((10_000, 10_000), (disk.File.ByteLength, disk.Disk.ByteLength));
        Assert.Equal([DeviceWorld.ByteOfPage(1), 0], disk.Read(8191, 2));
        World.Succeeds(disk.Calls.Allocate(disk.Descriptor, AllocationFlags.None, 0, 100));
        Assert.Equal(10_000, disk.File.ByteLength);
        disk.AssertNothingIsLeft();
    }

    /// <summary>A page that only fallocate has used stays a hole when it is read, and reclaim writes it out.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_get_folio_gfp with SGP_READ, shmem_fallocate's folio_mark_dirty.</remarks>
    [Fact]
    public void APageOfFallocateIsAHoleThatStays()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateMemoryFile("m");
        int descriptor = world.Open(file);
        World.Succeeds(world.First.FileDescriptors.Allocate(descriptor, AllocationFlags.None, 0, 8192));
        byte[] bytes = [1, 2, 3];
        World.Succeeds(world.First.FileDescriptors.Read(descriptor, 4000, bytes, out int count));
        Assert.Equal((3, 0), (count, bytes.Sum(static one => one)));
        World.Returns(Errno.ENXIO, world.First.FileDescriptors.SeekExtent(descriptor, 0, FileExtent.Data, out _));
        Assert.Equal(2u, file.CachedPages.Value);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        for (int i = 0; i < 8; i++) world.Engine.Parts.Reclaim.Pressure.TryFree(world.Machine.Lists.Root);
        Assert.Equal((0u, 2u), (file.CachedPages.Value, device!.UsedSlotCount));
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 0, bytes, out _));
        World.Succeeds(world.First.FileDescriptors.SeekExtent(descriptor, 0, FileExtent.Data, out long found));
        Assert.Equal(0, found);
        world.Verify();
    }

    [Fact]
    public void ADeviceWithoutRoomRefusesAndTheFileIsAsBefore()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("small", new Paging.Core.Files.MemoryBacking(new byte[100], 4096));
        World.Succeeds(file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        using OpenFileDescription opened = open!;
        Assert.Equal(Errno.ENOSPC, opened.Allocate(AllocationFlags.None, 0, 4097));
        Assert.Equal(100, file.ByteLength);
        World.Succeeds(opened.Allocate(AllocationFlags.None, 0, 4096));
        Assert.Equal(4096, file.ByteLength);
    }

    [Fact]
    public void AZeroedRangeReadsAsZerosAndMemoryFilesRefuseIt()
    {
        using DeviceWorld disk = new(2);
        World.Succeeds(disk.Calls.Allocate(disk.Descriptor, AllocationFlags.ZeroRange, 4095, 5000));
        Assert.Equal([DeviceWorld.ByteOfPage(0), 0, 0], disk.Read(4094, 3));
        Assert.Equal(9095, disk.File.ByteLength);
        using GuestFile memory = disk.Engine.Files.CreateMemoryFile("memory", 8192);
        World.Succeeds(memory.Open(disk.World.First, FileRights.ReadWrite, out int descriptor));
        Assert.Equal(Errno.EOPNOTSUPP, disk.Calls.Allocate(descriptor, AllocationFlags.ZeroRange, 0, 1));
        World.Succeeds(disk.Calls.Close(descriptor));
        disk.AssertNothingIsLeft();
    }

    /// <summary>F_SEAL_GROW forbids what ends after the file, also where its size is kept. Linux: shmem_fallocate.</summary>
    [Theory]
    [InlineData(0, 8192, Errno.None)]
    [InlineData(8191, 1, Errno.None)]
    [InlineData(8191, 2, Errno.EPERM)]
    [InlineData(8192, 1, Errno.EPERM)]
    public void AFileThatMayNotGrowIsAllocatedUpToItsEnd(long offset, long byteLength, Errno expected)
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 2);
        int descriptor = world.Open(file);
        World.Succeeds(file.AddSeals(FileSeals.Grow));
        foreach (AllocationFlags flags in new[] { AllocationFlags.None, AllocationFlags.KeepSize })
            World.Returns(expected, world.First.FileDescriptors.Allocate(descriptor, flags, offset, byteLength));
        Assert.Equal(8192, file.ByteLength);
        World.Succeeds(world.First.FileDescriptors.Allocate(descriptor, AllocationFlags.PunchHole | AllocationFlags.KeepSize, 8192, 10));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileOfAnUnknowingDeviceIsAllDataWithAHoleBehindItsEnd()
    {
        using DeviceWorld disk = new(2);
        Assert.Equal(0, Seek(disk, 0, FileExtent.Data));
        Assert.Equal(8192, Seek(disk, 0, FileExtent.Hole));
        Assert.Equal(8191, Seek(disk, 8191, FileExtent.Data));
        Assert.Equal(8192, Seek(disk, 8191, FileExtent.Hole));
        Assert.Equal(100, Seek(disk, 100, FileExtent.Data));
        Assert.Equal(8192, Seek(disk, 100, FileExtent.Hole));
        Assert.Equal(Errno.ENXIO, disk.Calls.SeekExtent(disk.Descriptor, 8192, FileExtent.Data, out _));
        Assert.Equal(Errno.ENXIO, disk.Calls.SeekExtent(disk.Descriptor, 8192, FileExtent.Hole, out _));
        Assert.Equal(Errno.ENXIO, disk.Calls.SeekExtent(disk.Descriptor, -1, FileExtent.Data, out long none));
        Assert.Equal(-1, none);
        Assert.Equal(Errno.EINVAL, disk.Calls.SeekExtent(disk.Descriptor, 0, (FileExtent)1, out none));
        Assert.Equal(-1, none);
        Assert.Equal(Errno.EBADF, disk.Calls.SeekExtent(99, 0, FileExtent.Data, out _));
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 0, SeekOrigin.Current, out long position));
        Assert.Equal(8192, position);    // where the last success left it
    }

    [Fact]
    public void ABackingWithHolesIsQueriedWhileNoPageIsDirty()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("sparse", new Sparse());
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        ProcessDescriptors calls = world.First.FileDescriptors;
        World.Succeeds(calls.SeekExtent(descriptor, 0, FileExtent.Hole, out long hole));
        Assert.Equal(Sparse.Hole, hole);
        Assert.Equal(Errno.ENXIO, calls.SeekExtent(descriptor, Sparse.Hole, FileExtent.Data, out _));
        World.Succeeds(calls.Write(descriptor, Sparse.Hole + 10, [1], out _));
        World.Succeeds(calls.SeekExtent(descriptor, Sparse.Hole, FileExtent.Data, out long data));
        Assert.Equal(Sparse.Hole, data);
    }

    /// <summary>A page that was written, read through a mapping or swapped out is data. Linux: shmem_file_llseek.</summary>
    [Fact]
    public void InSharedMemoryAPageThatWasNeverUsedIsAHole()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using GuestFile file = world.Engine.Files.CreateMemoryFile("memory", 20_000);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        Assert.Equal((-1, 0), Extents(world, descriptor, 0));
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 8192, [1], out _));
        Assert.Equal((8192, 0), Extents(world, descriptor, 0));
        Assert.Equal((9000, 12_288), Extents(world, descriptor, 9000));
        World.Succeeds(world.Memory.Map(World.Base, 0x5000, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, 0,
            out _));
        _ = world.Mmu.Read<byte>(World.At(4));
        Assert.Equal((16_384, 12_288), Extents(world, descriptor, 12_288));
        Assert.Equal((16_385, 20_000), Extents(world, descriptor, 16_385));    // the last page ends with the file
        World.Succeeds(world.Memory.Advise(World.Base, 0x5000, MemoryAdvice.PageOut));
        Assert.Equal((8192, 8191), Extents(world, descriptor, 8191));    // on swap
        Assert.Equal((-1, 12_288), Extents(world, descriptor, 12_288));    // never written, so dropped
        Assert.Equal((-1, -1), Extents(world, descriptor, 20_000));
        World.Succeeds(world.First.FileDescriptors.PunchHole(descriptor, 8192, 4096));
        Assert.Equal((-1, 0), Extents(world, descriptor, 0));
    }

    /// <summary>
    /// A faulting write at a page boundary leaves a page beyond the end that no one can read, until the file grows or is truncated.
    /// </summary>
    [Theory]
    [InlineData(4096, 4096)]
    [InlineData(0, 8192)]
    [InlineData(5000, 8192)]
    public void AWriteThatFaultsLeavesItsPageBehindTheEnd(long byteLength, long offset)
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using GuestFile file = world.Engine.Files.CreateMemoryFile("memory", byteLength);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(world.First.FileDescriptors.Seek(descriptor, offset, SeekOrigin.Begin, out _));
        Assert.Equal(Errno.EFAULT, world.First.FileDescriptors.WriteFrom(descriptor, new(16), 100, out _));
        Assert.Equal((offset, 1u), (file.ByteLength, file.CachedPages.Value));
        Assert.Equal((-1, -1), Extents(world, descriptor, offset));
        world.MapFile(descriptor, 40, 4, type: MapFlags.Shared);
        Assert.False(world.Mmu.TryRead(World.At(40 + (int)(offset / 4096)), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        for (int tick = 0; tick < 8; tick++) world.Engine.Parts.Reclaim.Reclaimer.Free(512);
        Assert.Equal((0u, 1u), (file.CachedPages.Value, file.SwappedPages.Value));
        world.Verify();
        World.Succeeds(file.SetLength(offset));
        Assert.Equal(0u, file.CachedPages.Value + file.SwappedPages.Value);
        Assert.Equal(Errno.EFAULT, world.First.FileDescriptors.WriteFrom(descriptor, new(16), 100, out _));
        World.Succeeds(file.SetLength(offset + 10));
        Assert.Equal((offset, offset + 10), Extents(world, descriptor, offset));
        world.Verify();
    }

    [Fact]
    public void ASnapshotBringsAPageBehindTheEndBack()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateMemoryFile("memory", 4096);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(world.First.FileDescriptors.Seek(descriptor, 4096, SeekOrigin.Begin, out _));
        using EngineSnapshot before = world.Engine.TakeSnapshot();
        Assert.Equal(Errno.EFAULT, world.First.FileDescriptors.WriteFrom(descriptor, new(16), 100, out _));
        using EngineSnapshot after = world.Engine.TakeSnapshot();
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, [7], out _));
        World.Succeeds(after.Restore());
        Assert.Equal((4096, 1u), (file.ByteLength, file.CachedPages.Value));
        world.Verify();
        World.Succeeds(before.Restore());
        Assert.Equal((4096, 0u), (file.ByteLength, file.CachedPages.Value));
        world.Verify();
    }

    /// <summary>The next data and the next hole; -1 for ENXIO.</summary>
    private static (long Data, long Hole) Extents(World world, int descriptor, long offset)
    {
        ProcessDescriptors calls = world.First.FileDescriptors;
        bool hasData = calls.SeekExtent(descriptor, offset, FileExtent.Data, out long data) == Errno.None;
        bool hasHole = calls.SeekExtent(descriptor, offset, FileExtent.Hole, out long hole) == Errno.None;
        return (hasData ? data : -1, hasHole ? hole : -1);
    }

    private static long Seek(DeviceWorld disk, long offset, FileExtent wanted)
    {
        World.Succeeds(disk.Calls.SeekExtent(disk.Descriptor, offset, wanted, out long position));
        return position;
    }

    /// <summary>Three pages of which the last two are a hole.</summary>
    private sealed class Sparse : IFileBacking
    {
        public const long Hole = 4096;

        private readonly Paging.Core.Files.MemoryBacking _bytes = new(new byte[3 * 4096]);

        public long ByteLength => _bytes.ByteLength;

        public Errno Read(long offset, Span<byte> destination, out int byteCount) => _bytes.Read(offset, destination, out byteCount);

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => _bytes.Write(offset, source, out byteCount);

        public Errno SetLength(long byteLength) => _bytes.SetLength(byteLength);

        public Errno FindExtent(long offset, FileExtent wanted, out long found)
        {
            found = wanted == FileExtent.Data ? offset : Math.Max(offset, Hole);
            return wanted == FileExtent.Data && offset >= Hole ? Errno.ENXIO : Errno.None;
        }

        public Errno Flush() => Errno.None;

        public void Dispose() { }
    }
}
