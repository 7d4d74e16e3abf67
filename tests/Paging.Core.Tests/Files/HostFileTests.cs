using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Real files of the host after the page cache: the bytes on its disk are those the guests wrote.</summary>
public sealed class HostFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Path(string name, byte[]? content = null)
    {
        string path = System.IO.Path.Combine(_directory, name);
        if (content is not null) File.WriteAllBytes(path, content);
        return path;
    }

    private static byte[] Pattern(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public void AProgramReadsMapsAndChangesARealFile()
    {
        byte[] content = Pattern(100_000, 1);
        string path = Path("scene.dat", content);
        using (World world = new())
        {
            using GuestFile file = world.Engine.Files.OpenHostFile(path);
            World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
            byte[] read = new byte[200_000];
            World.Succeeds(world.First.FileDescriptors.Read(descriptor, read, out int count));
            Assert.Equal(content, read[..count]);

            world.MapFile(descriptor, 0, 25, type: MapFlags.Shared);
            Assert.Equal(content[70_000], world.Mmu.Read<byte>(World.At(0) + 70_000u));
            world.Mmu.Write(World.At(0) + 70_000u, 0x12345678u);
            World.Succeeds(world.First.FileDescriptors.Write(descriptor, 99_998, [1, 2, 3, 4], out _));
            Assert.Equal(content, File.ReadAllBytes(path));    // before msync
            World.Succeeds(world.Memory.Synchronize(World.At(0), World.Bytes(25), SyncFlags.Sync));
            BitConverter.TryWriteBytes(content.AsSpan(70_000), 0x12345678u);
            byte[] longer = [.. content[..99_998], 1, 2, 3, 4];
            Assert.Equal(longer, File.ReadAllBytes(path));

            World.Succeeds(world.First.FileDescriptors.PunchHole(descriptor, 1000, 10_000));
            World.Succeeds(world.First.FileDescriptors.SetLength(descriptor, 50_000));
            longer.AsSpan(1000, 10_000).Clear();
            World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
            Assert.Equal(longer[..50_000], File.ReadAllBytes(path));
            world.Verify();
        }
    }

    /// <summary>Links that lead to links: all of them name one object, with one cache.</summary>
    [Fact]
    public void ALinkToALinkIsTheFileItself()
    {
        string path = Path("real.dat", Pattern(10_000, 5)), near = Path("near"), far = Path("far");
        File.CreateSymbolicLink(near, path);
        File.CreateSymbolicLink(far, near);
        using World world = new();
        using GuestFile byFar = world.Engine.Files.OpenHostFile(far), byNear = world.Engine.Files.OpenHostFile(near);
        using GuestFile itself = world.Engine.Files.OpenHostFile(path);
        World.Succeeds(byFar.Write(5000, [1, 2, 3], out _));
        byte[] found = new byte[3];
        foreach (GuestFile other in (GuestFile[])[byNear, itself])
        {
            World.Succeeds(other.Read(5000, found, out _));
            Assert.Equal([1, 2, 3], found);
            Assert.Equal((byFar.CachedPages, byFar.DirtyPages), (other.CachedPages, other.DirtyPages));
        }
    }

    [Fact]
    public void ANewFileIsWrittenInClustersAndReadBackByAnotherEngine()
    {
        byte[] content = Pattern((300 * 4096) + 123, 2);
        string path = Path("new.dat");
        using (World world = new(8))
        {
            using GuestFile file = world.Engine.Files.OpenHostFile(path, create: true);
            World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
            World.Succeeds(world.First.FileDescriptors.Write(descriptor, content, out _));
            World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
            Assert.Equal(301L, world.Engine.Files.CacheCounters.PagesWritten);
            Assert.True(world.Engine.Files.CacheCounters.BackingWrites < 12);
        }

        Assert.Equal(content, File.ReadAllBytes(path));
        using World other = new(8);
        using GuestFile again = other.Engine.Files.OpenHostFile(path, FileRights.Read);
        World.Succeeds(again.Open(other.First, FileRights.Read, out int reader));
        other.MapFile(reader, 0, 301);
        byte[] mapped = new byte[content.Length];
        Assert.Equal(content.Length, other.Mmu.CopyOut(World.At(0), mapped, out _));
        Assert.Equal(content, mapped);
        other.Verify();
    }

    [Fact]
    public void OnePathIsOneFileForAnyNumberOfOpens()
    {
        string path = Path("one.dat", Pattern(8192, 3));
        using World world = new();
        using GuestFile first = world.Engine.Files.OpenHostFile(path, FileRights.Read);
        World.Succeeds(first.Read(0, new byte[4096], out _));
        using GuestFile second = world.Engine.Files.OpenHostFile(System.IO.Path.Combine(_directory, ".", "one.dat"));    // with more rights
        Assert.True(second.IsCached(new(0)));
        World.Succeeds(second.Write(10, [0x77], out _));
        byte[] one = new byte[1];
        World.Succeeds(first.Read(10, one, out _));
        Assert.Equal(0x77, one[0]);
        second.Dispose();
        Assert.Equal(1u, world.Engine.Files.DirtyPages.Value);
        first.Dispose();
        Assert.Equal(0x77, File.ReadAllBytes(path)[10]);
        using GuestFile third = world.Engine.Files.OpenHostFile(path);
        Assert.False(third.IsCached(new(0)));
        third.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>The kernel shows one descriptor of it, and the rights are those that were asked for so far.</summary>
    [Fact]
    public void AHostFileIsOpenOnceWithTheRightsItNeeds()
    {
        string path = Path("once.dat", [1, 2, 3]);
        using HostFileBacking backing = new(path, FileRights.Read, FileMode.Open);
        Assert.Equal(1, OpenCount(path));
        Assert.NotEqual(Errno.None, backing.Write(0, [9], out int count));
        Assert.Equal(0, count);
        backing.Upgrade(FileRights.Read);
        Assert.Equal(FileRights.Read, backing.Rights);
        backing.Upgrade(FileRights.Write);
        Assert.Equal((1, FileRights.ReadWrite), (OpenCount(path), backing.Rights));
        Assert.Equal(Errno.None, backing.Write(0, [9], out count));
        Assert.Equal(Errno.None, backing.Flush());
        Assert.Equal(1, count);
        Assert.Equal([9, 2, 3], File.ReadAllBytes(path));
        backing.Dispose();
        Assert.Equal(0, OpenCount(path));
    }

    /// <summary>On Linux names differ by case: two names are two files, and one name is one.</summary>
    [Fact]
    public void NamesThatDifferByCaseAreTwoFiles()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names differ by case on Linux only");
        using World world = new();
        using GuestFile small = world.Engine.Files.OpenHostFile(Path("a.dat", [1]));
        using GuestFile large = world.Engine.Files.OpenHostFile(Path("A.dat", [2]));
        using GuestFile again = world.Engine.Files.OpenHostFile(Path("a.dat"));
        Assert.NotEqual(small.Id, large.Id);
        Assert.Equal(small.Id, again.Id);
    }

    private static int OpenCount(string path) =>
        Directory.EnumerateFiles("/proc/self/fd").Count(link => string.Equals(TargetOf(link), path, StringComparison.Ordinal));

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
        }
        catch (FileNotFoundException)
        {
            return null;    // another test has closed it
        }
    }

    [Fact]
    public void AHostsRefusalIsTheHostsException()
    {
        using World world = new();
        Assert.Throws<FileNotFoundException>(() => world.Engine.Files.OpenHostFile(Path("nothing.dat")));
        Assert.Throws<DirectoryNotFoundException>(() => world.Engine.Files.OpenHostFile(Path("no/such/way"), create: true));
        Assert.Throws<ArgumentException>(() => world.Engine.Files.OpenHostFile(""));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileOpenedForReadingOnlyCannotBeOpenedForMore()
    {
        string path = Path("ro.dat", Pattern(100, 4));
        using World world = new();
        using GuestFile file = world.Engine.Files.OpenHostFile(path, FileRights.Read);
        Assert.Equal(Errno.EACCES, file.Open(world.First, FileRights.ReadWrite, out _));
        World.Succeeds(file.Open(world.First, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.EACCES, world.Memory.Map(World.At(0), 4096, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _));
        World.Succeeds(world.First.FileDescriptors.Synchronize(descriptor));
        file.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFileTruncatedOutsideTheEngineReadsAsZerosThere()
    {
        string path = Path("cut.dat", Pattern(40_960, 5));
        using World world = new(options: World.Options() with { ReadAheadPages = 0 });
        using GuestFile file = world.Engine.Files.OpenHostFile(path);
        World.Succeeds(file.Open(world.First, FileRights.ReadWrite, out int descriptor));
        using (FileStream other = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(5000);
        world.MapFile(descriptor, 0, 10);
        Assert.Equal(0, world.Peek(9));
        Assert.Equal(0, world.Peek(1, 4000));
        world.Verify();
    }

    [Theory]
    [InlineData(28, Errno.ENOSPC)]
    [InlineData(27, Errno.EFBIG)]
    [InlineData(unchecked((int)0x80070070), Errno.ENOSPC)]
    [InlineData(5, Errno.EIO)]
    public void TheHostsErrorsKeepTheirNames(int result, Errno expected)
    {
        IOException failure = new("of the host", result);
        Assert.True(HostError.IsOne(failure));
        Assert.Equal(expected, HostError.ToErrno(failure));
    }

    [Fact]
    public void OtherExceptionsOfTheHostAreErrorsToo()
    {
        Assert.Equal(Errno.EACCES, HostError.ToErrno(new UnauthorizedAccessException()));
        Assert.Equal(Errno.EBADF, HostError.ToErrno(new ObjectDisposedException("file")));
        Assert.False(HostError.IsOne(new InvalidOperationException()));    // a defect goes on
        Assert.False(HostError.IsOne(Assert.Throws<ArgumentOutOfRangeException>(static () => "a".Substring(2))));
    }

    /// <summary>Beyond what the file system can hold, .NET throws no IOException. table_disk.c has limits of the process.</summary>
    [Fact]
    public void TheEndOfTheFileSystemIsEfbig()
    {
        using HostFileBacking file = new(System.IO.Path.Combine(_directory, "long"), FileRights.ReadWrite, FileMode.Create);
        Assert.True(file.SetLength(long.MaxValue - 4095) is Errno.EFBIG or Errno.None);    // tmpfs holds all
        Assert.True(file.Write(long.MaxValue - 8191, new byte[4096], out int count) is Errno.EFBIG or Errno.None);
        Assert.True(count is 0 or 4096);
    }

    [Fact]
    public void AFullDiskOfTheHostIsEnospc()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "only Linux has a disk that is always full");
        using HostFileBacking full = new("/dev/full", FileRights.ReadWrite, FileMode.Open);
        Assert.Equal(Errno.ENOSPC, full.Write(0, new byte[4096], out int count));
        Assert.Equal(0, count);
    }
}
