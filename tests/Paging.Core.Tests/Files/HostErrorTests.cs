using Paging.Core.Files;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Real errors of the host's files: a full disk, a file that may not grow, one cut under us, a handle that is closed.</summary>
public sealed class HostErrorTests
{
    private static byte[] Bytes(int pageCount, byte value)
    {
        byte[] bytes = new byte[pageCount * 4096];
        Array.Fill(bytes, value);
        return bytes;
    }

    [Fact]
    public void AShortWriteOfTheHostReturnsItsCount()
    {
        using SealedFile host = new(2 * 4096);
        using HostFileBacking file = new(host.Path, FileRights.ReadWrite, FileMode.Open);
        Assert.Equal((Errno.None, 2 * 4096), (file.Write(0, Bytes(5, 0x77), out int count), count));
        Assert.Equal(Bytes(2, 0x77), host.Content());
        Assert.Equal((Errno.EACCES, 0), (file.Write(2 * 4096, Bytes(1, 0x77), out count), count));    // EPERM, for .NET the same
        Assert.Equal((Errno.None, 512), (file.Write((2 * 4096) - 512, Bytes(1, 0x78), out count), count));
    }

    [Fact]
    public void ALengthThatTheHostRefusesChangesNothing()
    {
        using SealedFile host = new(4096);
        using World world = new();
        using GuestFile file = world.Engine.Files.OpenHostFile(host.Path);
        int descriptor = world.Open(file);
        Assert.Equal(Errno.EACCES, world.First.FileDescriptors.SetLength(descriptor, 3 * 4096));
        Assert.Equal(Errno.EACCES, world.First.FileDescriptors.SetLength(descriptor, 100));
        Assert.Equal(4096, file.ByteLength);
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 4000, [1], out _));
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
        Assert.Equal(1, host.Content()[4000]);
        world.Verify();
    }

    /// <summary>Eight pages of sixteen fit on the disk. The cache keeps all, and fsync reports the error once.</summary>
    [Fact]
    public void AFullDiskTakesWhatFitsAndFsyncReportsTheRest()
    {
        using HostDisk disk = new(8);
        using World world = new(8);
        using GuestFile file = world.Engine.Files.OpenHostFile(disk.At("f"), create: true);
        int descriptor = world.Open(file);
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, Bytes(16, 0x55), out int count));
        Assert.Equal(16 * 4096, count);
        Assert.Equal(Errno.ENOSPC, world.First.FileDescriptors.Synchronize(descriptor));
        Assert.Equal(Errno.None, world.First.FileDescriptors.Synchronize(descriptor));
        Assert.Equal((8L, 8L), (world.Engine.Files.CacheCounters.PagesWritten, world.Engine.Files.CacheCounters.WriteErrors));
        Assert.Equal(Bytes(8, 0x55), File.ReadAllBytes(disk.At("f")));
        byte[] cached = new byte[16 * 4096];
        World.Succeeds(world.First.FileDescriptors.Read(descriptor, 0, cached, out count));
        Assert.Equal(Bytes(16, 0x55), cached);
        world.Verify();
    }

    [Fact]
    public void ADirectWriteToAFullDiskIsShortAndTheNextOneFails()
    {
        using HostDisk disk = new(8);
        using World world = new();
        using GuestFile file = world.Engine.Files.OpenHostFile(disk.At("f"), create: true);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, OpenFlags.Direct, out int descriptor));
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 0, Bytes(12, 0x55), out int count));
        Assert.Equal((8 * 4096, 8 * 4096), (count, file.ByteLength));
        Assert.Equal(Errno.ENOSPC, world.First.FileDescriptors.Write(descriptor, 8 * 4096, Bytes(1, 0x55), out count));
        Assert.Equal((0, 8 * 4096), (count, file.ByteLength));
        world.Verify();
    }

    [Fact]
    public void AReadErrorOfTheHostIsOneAndTheFaultABusError()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/mem, where nothing can be read at 0");
        using HostFileBacking memory = new("/proc/self/mem", FileRights.Read, FileMode.Open);
        Assert.Equal((Errno.EIO, 0), (memory.Read(0, new byte[4096], out int count), count));
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("mem", new Longer(memory), FileRights.Read);
        int descriptor = world.Open(file, FileRights.Read);
        Assert.Equal(Errno.EIO, world.First.FileDescriptors.Read(descriptor, 0, new byte[100], out _));
        world.MapFile(descriptor, 0, 2, protection: MemoryProtection.Read);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.BusError, fault.Kind);
        world.Verify();
    }

    [Fact]
    public void AFileCutUnderUsReadsAsZerosPastTheCacheToo()
    {
        using HostDisk disk = new(64);
        File.WriteAllBytes(disk.At("f"), Bytes(10, 0x33));
        using World world = new();
        using GuestFile file = world.Engine.Files.OpenHostFile(disk.At("f"));
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, OpenFlags.Direct, out int descriptor));
        HostDisk.Cut(disk.At("f"), 4096 + 100);
        byte[] found = Bytes(3, 0xFF), expected = Bytes(3, 0);
        expected.AsSpan(0, 4096 + 100).Fill(0x33);
        World.Succeeds(world.First.FileDescriptors.Read(descriptor, 0, found, out int count));
        Assert.Equal((3 * 4096, Convert.ToHexString(expected)), (count, Convert.ToHexString(found)));
        // The hole before it is the host's
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 9 * 4096, Bytes(1, 0x44), out _));
        Assert.Equal(10 * 4096, new FileInfo(disk.At("f")).Length);
        world.Verify();
    }

    /// <summary>
    /// Editors replace files by a rename. A file opened for reading that is later opened for writing is still the cached one.
    /// </summary>
    [Fact]
    public void AFileThatWasReplacedUnderUsIsNotWrittenTo()
    {
        string directory = Directory.CreateTempSubdirectory("paging-").FullName, path = Path.Combine(directory, "f");
        try
        {
            File.WriteAllBytes(path, Bytes(1, 1));
            using World world = new();
            using GuestFile reader = world.Engine.Files.OpenHostFile(path, FileRights.Read);
            World.Succeeds(reader.Read(0, new byte[1], out _));
            File.WriteAllBytes(path + ".new", Bytes(2, 2));
            File.Move(path + ".new", path, overwrite: true);
            using GuestFile writer = world.Engine.Files.OpenHostFile(path);
            World.Succeeds(writer.Write(10, [3], out _));
            world.Engine.Files.SynchronizeAll();
            Assert.Equal(0L, world.Engine.Files.CacheCounters.WriteErrors);
            Assert.Equal(Bytes(2, 2), File.ReadAllBytes(path));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void AClosedHandleIsEbadfForEveryCall()
    {
        using SealedFile host = new(4096);
        HostFileBacking file = new(host.Path, FileRights.ReadWrite, FileMode.Open);
        file.Dispose();
        Assert.Equal((Errno.EBADF, 0), (file.Read(0, new byte[100], out int count), count));
        Assert.Equal((Errno.EBADF, 0), (file.Write(0, new byte[100], out count), count));
        Assert.Equal(Errno.EBADF, file.SetLength(0));
        Assert.Equal(Errno.EBADF, file.Flush());
    }

    /// <summary>A backing that was longer when it was opened.</summary>
    private sealed class Longer(IFileBacking inner) : IFileBacking
    {
        public long ByteLength => 2 * 4096;
        public Errno Read(long offset, Span<byte> destination, out int byteCount) => inner.Read(offset, destination, out byteCount);
        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => inner.Write(offset, source, out byteCount);
        public Errno SetLength(long byteLength) => inner.SetLength(byteLength);
        public Errno Flush() => inner.Flush();
        public void Dispose() => inner.Dispose();
    }
}
