using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Seals of a file in memory: no way of writing it or changing its length leads past them.</summary>
public sealed class SealTests
{
    private const int Length = 8192;

    /// <summary>Every way to change bytes within the file.</summary>
    public static TheoryData<string> Writers => [.. WaysToWrite.Keys];

    /// <summary>Every way to write across the end of the file, or to move it.</summary>
    public static TheoryData<string> Growers => [.. WaysToGrow.Keys];

    private static Dictionary<string, Func<SealedWorld, Errno>> WaysToWrite { get; } = new(StringComparer.Ordinal)
    {
        ["the host's own write"] = static world => world.File.Write(0, [1], out _),
        ["write"] = static world => world.World.First.FileDescriptors.Write(world.Descriptor, [1], out _),
        ["pwrite"] = static world => world.World.First.FileDescriptors.Write(world.Descriptor, 100, [1], out _),
        ["write from memory"] = static world => world.World.First.FileDescriptors.WriteFrom(world.Descriptor, World.At(0), 1, out _),
        ["an open file's write"] = static world => world.Open.Write([1], out _),
        ["an open file's pwrite"] = static world => world.Open.WriteAt(0, [1], out _),
        ["punching a hole"] = static world => world.Open.PunchHole(0, 4096),
        ["punching a hole by fallocate"] = static world =>
            world.Open.Allocate(AllocationFlags.PunchHole | AllocationFlags.KeepSize, 0, 4096),
    };

    private static Dictionary<string, Func<SealedWorld, Errno>> WaysToGrow { get; } = new(StringComparer.Ordinal)
    {
        ["the host's own write"] = static world => world.File.Write(Length, [1, 2], out _),
        ["the host's own truncate"] = static world => world.File.SetLength(Length + 1),
        ["pwrite"] = static world => world.World.First.FileDescriptors.Write(world.Descriptor, Length, [1], out _),
        ["write to the end"] = static world => world.Append.Write([1], out _),
        ["write from memory"] = static world =>
        {
            World.Succeeds(world.World.First.FileDescriptors.Seek(world.Descriptor, 0, SeekOrigin.End, out _));
            return world.World.First.FileDescriptors.WriteFrom(world.Descriptor, World.At(0), 1, out _);
        },
        ["truncate"] = static world => world.World.First.FileDescriptors.SetLength(world.Descriptor, Length + 1),
        ["fallocate"] = static world => world.Open.Allocate(AllocationFlags.None, Length - 1, 2),
        ["fallocate that keeps the size"] = static world => world.Open.Allocate(AllocationFlags.KeepSize, Length, 1),
    };

    [Theory, MemberData(nameof(Writers))]
    public void NoWayOfWritingLeadsPastASealOnWriting(string way)
    {
        foreach (FileSeals seal in (ReadOnlySpan<FileSeals>)[FileSeals.Write, FileSeals.FutureWrite])
        {
            using SealedWorld world = new(seal);
            Assert.Equal(Errno.EPERM, WaysToWrite[way](world));
            Assert.Equal(new byte[200], world.Content(200));
        }

        using SealedWorld free = new(FileSeals.Shrink | FileSeals.Grow);    // the other seals allow it
        Assert.Equal(Errno.None, WaysToWrite[way](free));
    }

    /// <summary>A shared view of a sealed file cannot be made writable later. Linux: memfd_check_seals_mmap clears VM_MAYWRITE.</summary>
    [Theory]
    [InlineData(FileSeals.Write, Errno.EACCES)]
    [InlineData(FileSeals.FutureWrite, Errno.EACCES)]
    [InlineData(FileSeals.Grow, Errno.None)]
    public void AViewOfASealedFileStaysReadOnly(FileSeals seal, Errno expected)
    {
        using SealedWorld world = new(seal);
        world.World.MapFile(world.Descriptor, 40, 2, type: MapFlags.Shared, protection: MemoryProtection.Read);
        Assert.Equal(expected, world.World.Memory.Protect(World.At(40), 4096, MemoryProtection.ReadWrite));
        world.World.MapFile(world.Descriptor, 50, 2, protection: MemoryProtection.Read);    // a private one is no way to the file
        Assert.Equal(Errno.None, world.World.Memory.Protect(World.At(50), 4096, MemoryProtection.ReadWrite));
    }

    [Theory, MemberData(nameof(Growers))]
    public void NoWayOfGrowingLeadsPastASealOnGrowing(string way)
    {
        using SealedWorld world = new(FileSeals.Grow);
        Assert.Equal(Errno.EPERM, WaysToGrow[way](world));
        Assert.Equal((Length, PageCount.Zero), (world.File.ByteLength, world.File.CachedPages));
        using SealedWorld free = new(FileSeals.Shrink);
        Assert.Equal(Errno.None, WaysToGrow[way](free));
    }

    /// <summary>Linux checks each page: whole pages of the file are written, but no byte of the page that would make it longer.</summary>
    [Theory]
    [InlineData(5000, 3000, 4096, 1096)]
    [InlineData(5000, 0, 10_000, 4096)]
    [InlineData(5000, 4500, 500, 500)]
    [InlineData(5000, 4500, 501, 0)]
    [InlineData(8192, 100, 9000, 8092)]
    [InlineData(8192, 8192, 1, 0)]
    public void AWriteAcrossTheEndOfASealedFileTakesItsWholePages(int fileLength, long offset, int length, int written)
    {
        using SealedWorld world = new(FileSeals.None);
        World.Succeeds(world.File.SetLength(fileLength));
        World.Succeeds(world.File.AddSeals(FileSeals.Grow));
        (Errno, int) expected = (written == 0 ? Errno.EPERM : Errno.None, written);
        byte[] bytes = new byte[length];
        Assert.Equal(expected, (world.File.Write(offset, bytes, out int count), count));
        Assert.Equal(expected, (world.Open.WriteAt(offset, bytes, out count), count));
        Assert.Equal(expected, (world.World.First.FileDescriptors.Write(world.Descriptor, offset, bytes, out count), count));
        Assert.Equal(fileLength, world.File.ByteLength);
    }

    /// <summary>Errors before the copy precede EFAULT, and a write of nothing takes its page all the same.</summary>
    [Fact]
    public void AWriteWhoseBytesFaultObeysSealsAndTakesItsPage()
    {
        using SealedWorld world = new(FileSeals.None);
        Assert.Equal(Errno.None, world.Open.BeginWriteAt(3 * 4096 + 5, 10));
        Assert.Equal((3 * 4096 + 5, new PageCount(1)), (world.File.ByteLength, world.File.CachedPages));
        Assert.Equal(Errno.None, world.Open.BeginWriteAt(5000, 10));
        Assert.Equal((3 * 4096 + 5, new PageCount(2)), (world.File.ByteLength, world.File.CachedPages));
        Assert.Equal((Errno.EINVAL, Errno.None), (world.Open.BeginWriteAt(-1, 10), world.Open.BeginWriteAt(1 << 20, 0)));
        World.Succeeds(world.File.AddSeals(FileSeals.Grow));
        Assert.Equal((Errno.EPERM, Errno.None), (world.Open.BeginWriteAt(1 << 20, 1), world.Open.BeginWriteAt(4096, 4096)));
        World.Succeeds(world.File.AddSeals(FileSeals.Write));
        Assert.Equal((Errno.EPERM, 3 * 4096 + 5), (world.Open.BeginWriteAt(0, 1), world.File.ByteLength));
        world.World.Verify();
    }

    /// <summary>A page is refused whole if its bytes pass the end, even if those that could be read would not.</summary>
    [Theory]
    [InlineData(905, Errno.EPERM, 0u)]
    [InlineData(904, Errno.None, 3u)]
    public void AWriteWhoseBytesFaultInAPageIsCheckedForAllOfThem(uint byteLength, Errno expected, uint written)
    {
        using SealedWorld world = new(FileSeals.None);
        World.Succeeds(world.File.SetLength(5000));
        World.Succeeds(world.File.AddSeals(FileSeals.Grow));
        World.Succeeds(world.World.First.FileDescriptors.Seek(world.Descriptor, 4096, SeekOrigin.Begin, out _));
        VirtualAddress source = new(World.At(1).Value - 3);
        Assert.Equal((expected, written),
            (world.World.First.FileDescriptors.WriteFrom(world.Descriptor, source, byteLength, out uint count), count));
        Assert.Equal((5000, new PageCount(written == 0 ? 0u : 1)), (world.File.ByteLength, world.File.CachedPages));
        world.World.Verify();
    }

    [Fact]
    public void ASealOnShrinkingForbidsAShorterFileAndNothingElse()
    {
        using SealedWorld world = new(FileSeals.Shrink);
        Assert.Equal((Errno.EPERM, Errno.EPERM, Errno.EPERM), (world.File.SetLength(Length - 1), world.Open.SetLength(0),
            world.World.First.FileDescriptors.SetLength(world.Descriptor, 1)));
        Assert.Equal((Errno.EINVAL, Errno.None, Errno.None),
            (world.File.SetLength(-1), world.File.SetLength(Length), world.File.SetLength(Length + 1)));
    }

    [Fact]
    public void AMappingThatIsOlderThanTheSealWritesButPunchesNoHole()
    {
        using SealedWorld world = new(FileSeals.None);
        world.World.MapFile(world.Descriptor, 4, 1, type: MapFlags.Shared);
        World.Succeeds(world.File.AddSeals(FileSeals.FutureWrite));
        world.World.Touch(4, 7);
        Assert.Equal(Errno.EPERM, world.World.Memory.Advise(World.At(4), 4096, MemoryAdvice.Remove));
        Assert.Equal([7], world.Content(1));
    }

    /// <summary>Pins of another file's pages, and of memory of no file, are no pins of this one.</summary>
    [Fact]
    public void PinsOfOthersDoNotKeepAFileFromBeingSealed()
    {
        using SealedWorld world = new(FileSeals.None);
        using GuestFile other = world.World.Engine.Files.CreateMemoryFile("other", Length);
        using GuestFile file = world.World.Engine.Files.CreateMemoryFile("file", Length);
        world.World.MapFile(world.World.Open(other), 4, 1, type: MapFlags.Shared);
        List<PinnedMemory> pins = [world.World.First.Pin(World.At(4), 4096, AccessKind.Write)];
        for (int page = 6; page < 14; page++)    // areas with histories of their own: one has the number of the file
        {
            UserProcess process = world.World.Engine.CreateProcess($"p{page}");
            World.MapAs(process, page, 1, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous);
            pins.Add(process.Pin(World.At(page), 4096, AccessKind.Write));
        }

        Assert.InRange(file.Object.Number, 1u, 8u);    // the histories begin at 1
        World.Succeeds(file.AddSeals(FileSeals.Write));
        foreach (PinnedMemory pin in pins) pin.Dispose();
    }

    /// <summary>The host may still write a page that it has pinned, even if no mapping does. Linux: memfd_wait_for_pins.</summary>
    [Theory]
    [InlineData(AccessKind.Read)]
    [InlineData(AccessKind.Write)]
    public void AFileWithPinnedPagesIsNotSealed(AccessKind access)
    {
        using SealedWorld world = new(FileSeals.None);
        world.World.MapFile(world.Descriptor, 4, 2, type: MapFlags.Shared);
        using (world.World.First.Pin(World.At(5), 4096, access))
        {
            World.Succeeds(world.World.Memory.Unmap(World.At(4), World.Bytes(2)));
            World.Returns(Errno.EBUSY, world.File.AddSeals(FileSeals.Write | FileSeals.Shrink));
            Assert.Equal(FileSeals.None, world.File.Seals);
            World.Succeeds(world.File.AddSeals(FileSeals.FutureWrite));
        }

        World.Succeeds(world.File.AddSeals(FileSeals.Write));
    }

    /// <summary>A memory file with seals, open by descriptor, as an open file and for appending; one page of memory.</summary>
    private sealed class SealedWorld : IDisposable
    {
        public SealedWorld(FileSeals seals)
        {
            World.Map(0, 1);
            World.Touch(0, 1);
            File = World.Engine.Files.CreateMemoryFile("/memfd:sealed", Length);
            World.Succeeds(File.Open(World.First, FileRights.ReadWrite, out int descriptor));
            World.Succeeds(File.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
            World.Succeeds(File.Open(FileRights.ReadWrite, OpenFlags.Append, out OpenFileDescription? append));
            World.Succeeds(File.AddSeals(seals));
            (Descriptor, Open, Append) = (descriptor, open!, append!);
        }

        public World World { get; } = new();
        public GuestFile File { get; }
        public int Descriptor { get; }
        public OpenFileDescription Open { get; }
        public OpenFileDescription Append { get; }

        public byte[] Content(int byteLength)
        {
            byte[] bytes = new byte[byteLength];
            World.Succeeds(File.Read(0, bytes, out int count));
            Assert.Equal(byteLength, count);
            return bytes;
        }

        public void Dispose()
        {
            Open.Dispose();
            Append.Dispose();
            File.Dispose();
            World.Dispose();
        }
    }
}
