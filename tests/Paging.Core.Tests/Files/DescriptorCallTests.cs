using Paging.Core.Files;
using Paging.Core.Io;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The calls on descriptors: positions, appending, the process's own memory, hints, and their errors.</summary>
public sealed class DescriptorCallTests
{
    [Fact]
    public void ReadAndWriteGoOnWhereTheLastOneEndedAndPreadDoesNot()
    {
        using DeviceWorld disk = new(3);
        byte[] bytes = new byte[5000];
        World.Succeeds(disk.Calls.Read(disk.Descriptor, bytes, out int count));
        Assert.Equal((5000, 0x11), (count, bytes[4096]));
        disk.Read(0, 100);
        World.Succeeds(disk.Calls.Write(disk.Descriptor, [0x77, 0x78], out _));
        World.Succeeds(disk.Calls.Read(disk.Descriptor, bytes, out count));
        Assert.Equal((5000, 0x11), (count, bytes[0]));
        Assert.Equal([0x11, 0x77, 0x78, 0x11], disk.Read(4999, 4));
        World.Succeeds(disk.Calls.Read(disk.Descriptor, bytes, out count));
        Assert.Equal((3 * 4096) - 10_002, count);
        World.Succeeds(disk.Calls.Read(disk.Descriptor, bytes, out count));
        Assert.Equal(0, count);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AChildHasTheSamePositionAnotherOpenFileItsOwn()
    {
        using DeviceWorld disk = new(2);
        using UserProcess child = disk.World.First.Fork();
        int other = disk.Open();
        World.Succeeds(child.FileDescriptors.Read(disk.Descriptor, new byte[100], out _));
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 0, SeekOrigin.Current, out long position));
        World.Succeeds(disk.Calls.Seek(other, 0, SeekOrigin.Current, out long otherPosition));
        Assert.Equal((100L, 0L), (position, otherPosition));
        child.Dispose();
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void SeekHasThreeOriginsAndRefusesNegativeOffsets()
    {
        using DeviceWorld disk = new(2);
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 100, SeekOrigin.Begin, out _));
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, -30, SeekOrigin.Current, out long position));
        Assert.Equal(70, position);
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 5, SeekOrigin.End, out position));
        Assert.Equal(8197, position);
        Assert.Equal(Errno.EINVAL, disk.Calls.Seek(disk.Descriptor, -8193, SeekOrigin.End, out _));
        Assert.Equal(Errno.EINVAL, disk.Calls.Seek(disk.Descriptor, long.MinValue, SeekOrigin.Begin, out _));
        Assert.Equal(Errno.EINVAL, disk.Calls.Seek(disk.Descriptor, long.MaxValue, SeekOrigin.Current, out _));
        Assert.Equal(Errno.EINVAL, disk.Calls.Seek(disk.Descriptor, 0, (SeekOrigin)3, out _));
        Assert.Equal(Errno.EBADF, disk.Calls.Seek(99, 0, SeekOrigin.Begin, out _));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AppendWritesAtTheEndForAnyOffset()
    {
        using DeviceWorld disk = new(1);
        int append = disk.Open(FileRights.Write, OpenFlags.Append);
        World.Succeeds(disk.Calls.Write(append, [1], out _));
        disk.Write(0, 2, descriptor: append);
        World.Succeeds(disk.Calls.Seek(append, 0, SeekOrigin.Current, out long position));
        Assert.Equal((4098L, 4097L), (disk.File.ByteLength, position));
        Assert.Equal([0x10, 1, 2], disk.Read(4095, 10));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ReadToFillsTheProcessesMemoryUpToTheFirstByteItCannotStore()
    {
        using DeviceWorld disk = new(4);
        disk.World.Map(0, 2);
        World.Succeeds(disk.Calls.ReadTo(disk.Descriptor, World.At(0, 100), 8000, out uint count));
        Assert.Equal((8000u, 0, 0x10, 0x11), (count, disk.World.Peek(0, 99), disk.World.Peek(0, 100), disk.World.Peek(1, 4003)));
        World.Succeeds(disk.Calls.ReadTo(disk.Descriptor, World.At(1, 4000), 4096, out count));
        Assert.Equal(96u, count);    // then a hole
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 0, SeekOrigin.Current, out long position));
        Assert.Equal(8096, position);
        Assert.Equal(Errno.EFAULT, disk.Calls.ReadTo(disk.Descriptor, World.At(5), 10, out count));
        Assert.Equal(0u, count);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void WriteFromTakesTheProcessesMemoryAndAFaultInItLeavesThePageOfTheFileWhole()
    {
        using DeviceWorld disk = new(4);
        disk.World.Map(0, 1);
        disk.World.Mmu.Fill(World.At(0), 4096, 0x77, out _);
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 4096, SeekOrigin.Begin, out _));
        World.Succeeds(disk.Calls.WriteFrom(disk.Descriptor, World.At(0, 4000), 4096, out uint count));
        Assert.Equal(96u, count);
        Assert.Equal((0x77, 0x11, 0x11), (disk.Read(4096 + 95, 1)[0], disk.Read(4096 + 96, 1)[0], disk.Read(8191, 1)[0]));
        Assert.Equal(Errno.EFAULT, disk.Calls.WriteFrom(disk.Descriptor, World.At(3), 10, out _));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AProgramMayReadAFileIntoItsOwnMappingOfThatFile()
    {
        using DeviceWorld disk = new(4);
        disk.World.MapFile(disk.Descriptor, 0, 4, type: MapFlags.Shared);
        World.Succeeds(disk.Calls.ReadTo(disk.Descriptor, World.At(1), 4096, out _));
        Assert.Equal(0x10, disk.Read(4096, 1)[0]);
        World.Succeeds(disk.Calls.Seek(disk.Descriptor, 8192, SeekOrigin.Begin, out _));
        World.Succeeds(disk.Calls.WriteFrom(disk.Descriptor, World.At(3), 4096, out _));
        Assert.Equal(0x13, disk.World.Peek(2));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void RightsAndKindsAreChecked()
    {
        using DeviceWorld disk = new(2);
        ProcessDescriptors calls = disk.Calls;
        int reader = disk.Open(FileRights.Read), writer = disk.Open(FileRights.Write);
        byte[] bytes = new byte[10];
        Assert.Equal(Errno.EBADF, calls.Write(reader, bytes, out _));
        Assert.Equal(Errno.EBADF, calls.Read(writer, bytes, out _));
        Assert.Equal(Errno.EBADF, calls.ReadAhead(writer, 0, 1));
        Assert.Equal(Errno.EBADF, calls.PunchHole(reader, 0, 1));
        Assert.Equal(Errno.EINVAL, calls.SetLength(reader, 0));
        World.Succeeds(calls.Synchronize(reader));    // fsync asks for no right
        Assert.Equal(Errno.EINVAL, calls.Advise(reader, 0, 0, (FileAdvice)6));
        Assert.Equal(Errno.EINVAL, calls.Advise(reader, 0, -1, FileAdvice.Normal));
        Assert.Equal(Errno.EBADF, calls.Advise(99, 0, 0, FileAdvice.Normal));
        Assert.Equal(Errno.EFBIG, calls.Write(writer, FileSizes.ByteLengthMax, bytes, out _));
        Assert.Equal(Errno.EINVAL, disk.File.Open(disk.World.First, FileRights.Read, (OpenFlags)1, out _));

        GuestFile directory = disk.Engine.Files.CreateDirectory("d");
        Assert.Equal(Errno.EISDIR, directory.Open(disk.World.First, FileRights.ReadWrite, out _));
        World.Succeeds(directory.Open(disk.World.First, FileRights.Read, out int folder));
        Assert.Equal((Errno.EISDIR, Errno.EISDIR), (calls.Read(folder, bytes, out _), directory.Write(0, bytes, out _)));
        Assert.Equal((Errno.EINVAL, Errno.None), (calls.ReadAhead(folder, 0, 1), calls.Synchronize(folder)));
        directory.Dispose();

        using MemoryBacking fixedBytes = new([1, 2, 3]);
        GuestFile readOnly = disk.Engine.Files.CreateFile("ro", fixedBytes, FileRights.Read);
        Assert.Equal(Errno.EACCES, readOnly.Open(disk.World.First, FileRights.Write, out _));
        Assert.Equal((Errno.EACCES, Errno.EACCES), (readOnly.Write(0, bytes, out _), readOnly.SetLength(0)));
        readOnly.Dispose();
        Assert.Throws<ObjectDisposedException>(() => readOnly.Read(0, bytes, out _));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void DontNeedWritesAndDropsWholeUnmappedPages()
    {
        using DeviceWorld disk = new(8);
        disk.Read(0, 8 * 4096);
        disk.World.MapFile(disk.Descriptor, 5, 1, filePage: 5);
        disk.World.Peek(5);
        disk.Write(2 * 4096, 0x77);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 100, 6 * 4096, FileAdvice.DontNeed));
        Assert.Equal("#....###", disk.Cached(8));    // 0 and 6 in part, 5 mapped
        Assert.Equal((0x77, 0u), (disk.OnDevice(2 * 4096), disk.Engine.Files.DirtyPages.Value));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
        Assert.Equal(".....#..", disk.Cached(8));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileInMemoryTakesEveryAdviceAndFollowsNone()
    {
        using World world = new();
        int file = world.OpenFile("f", 3);
        foreach (FileAdvice advice in Enum.GetValues<FileAdvice>()) World.Succeeds(world.First.FileDescriptors.Advise(file, 0, 0, advice));
        Assert.Equal(Errno.EINVAL, world.First.FileDescriptors.Advise(file, 0, 0, (FileAdvice)77));
        Assert.Equal(3u, world.Engine.Files.CachedPages.Value);
        world.AssertNothingIsLeft();
    }

    /// <summary>The number is found before the file is looked at. Linux: alloc_fd, fs.nr_open.</summary>
    [Fact]
    public void AFullTableRefusesEveryFile()
    {
        using World world = new();
        GuestFile file = world.CreateFile("file", 1);
        World.Succeeds(file.Open(world.First, FileRights.Read, out int descriptor));
        DescriptorTable table = world.First.Descriptors;
        Assert.True(table.TryGet(descriptor, out OpenFileIndex open));
        OpenFileTable files = world.Engine.Parts.Files.OpenFiles;
        for (int number = descriptor + 1; number < 1 << 20; number++)
        {
            files.Hold(open);
            Assert.Equal(number, table.Add(open));
        }

        World.Returns(Errno.EMFILE, file.Open(world.First, FileRights.Read, out int refused));
        Assert.Equal((-1, 1u), (refused, files.OpenCount));
        GuestFile directory = world.Engine.Files.CreateDirectory("directory");
        World.Returns(Errno.EMFILE, directory.Open(world.First, FileRights.Write, out _));
        World.Succeeds(world.First.FileDescriptors.Close(5));
        World.Returns(Errno.EISDIR, directory.Open(world.First, FileRights.Write, out _));
        World.Succeeds(file.Open(world.First, FileRights.Read, out int last));
        Assert.Equal(5, last);
        world.Verify();
    }
}
