using Paging.Core.Files;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The members of an address space that are no system calls: their borders and their refusals.</summary>
public sealed class EdgeSpaceTests
{
    /// <summary>A private mapping writes to copies, so the file need not be writable.</summary>
    [Fact]
    public void AFileThatMayOnlyBeReadIsMappedPrivatelyForWriting()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateFile("r", new MemoryBacking(new byte[4096]), FileRights.Read);
        world.Memory.MapFile(World.At(0), file, 4096, isPrivate: true);
        world.Touch(0, 9);
        Assert.Equal(9, world.Peek(0));
        Assert.Throws<InvalidOperationException>(() => world.Memory.MapFile(World.At(1), file, 4096));
        world.Verify();
    }

    [Fact]
    public void TheLastByteOfAMappingIsTouchedAlone()
    {
        using World world = new();
        world.Map(0, 1);
        foreach (AccessKind access in (AccessKind[])[AccessKind.Read, AccessKind.Write])
        {
            Assert.True(world.Memory.Touch(World.At(0, 4095), access, out _, out MemoryFault fault));
            Assert.Equal(MemoryFault.None, fault);
        }

        Assert.False(world.Memory.Touch(World.At(1), AccessKind.Read, out _, out _));
    }

    [Theory]
    [InlineData(FileAccess.ReadWrite + 1)]
    [InlineData((FileAccess)0)]
    [InlineData((FileAccess)(-1))]
    public void AStreamHasAKnownAccess(FileAccess access)
    {
        using World world = new();
        world.Map(0, 1);
        Assert.Equal("access", Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.OpenStream(World.At(0), 1, access)).ParamName);
    }

    [Fact]
    public void AProgramsExtentsAreKeptAndItsBreakIsAPagesBorder()
    {
        using World world = new();
        ProgramExtents extents = new(
            new(0x1000), new(0x2345), new(0x3000), new(0x4000), new(0x5000), new(0x6000), new(0x7000), new(0x8000));
        world.Memory.SetProgram(extents, new(0x9000));
        Assert.Equal(extents, world.Memory.Program);
        Assert.Equal((new(0x9000u), new(0x9000u)), (world.Memory.Break, world.Memory.StartBreak));
        Assert.Equal("startBreak",
            Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.SetProgram(default, new(0x9001))).ParamName);
        Assert.Equal(extents, world.Memory.Program);
    }

    [Fact]
    public void WritesForAnotherProcessCrossPages()
    {
        using World world = new();
        world.Map(0, 3);
        byte[] bytes = [.. Enumerable.Range(0, 9000).Select(static i => (byte)(i * 7))], found = new byte[9000];
        Assert.Equal(9000, world.Memory.Remote.Write(World.At(0, 100), bytes));
        Assert.Equal(9000, world.Memory.Remote.Read(World.At(0, 100), found));
        Assert.Equal(bytes, found);
        Assert.Equal(3288, world.Memory.Remote.Write(World.At(2, 808), bytes));    // up to the end of the last page
    }

    /// <summary>A device after a page is not written by the host's copy to that page.</summary>
    [Fact]
    public void AWriteForAnotherProcessStopsBeforeADevice()
    {
        using World world = new();
        world.Map(0, 1);
        RecordingDevice device = new();
        using GuestFile file = world.Engine.Files.CreateDevice("device", device, RecordingDevice.ByteLength);
        world.Memory.MapDevice(World.At(1), file);
        Assert.Equal(96, world.Memory.Remote.Write(World.At(0, 4000), new byte[200]));
        Assert.Equal(96, world.Memory.Remote.Read(World.At(0, 4000), new byte[200]));
        Assert.Empty(device.Accesses);
    }

    [Fact]
    public void AScanHasKnownCategories()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(1);
        PageScanRequest request = new(new(World.At(0).Page, new(2)), PageCategories.Present, default, default, PageCategories.Present);
        PageRegion[] regions = new PageRegion[4];
        World.Succeeds(world.Memory.ScanPages(request, regions, out int count, out PageCount pages, out PageNumber end));
        Assert.Equal((1, 1u, World.At(2).Page), (count, pages.Value, end));
        Assert.Equal(World.At(1).Page, regions[0].Range.First);
        PageCategories unknown = (PageCategories)(1 << 20);
        foreach (PageScanRequest wrong in (PageScanRequest[])[request with { Mask = unknown }, request with { AnyOf = unknown },
            request with { Inverted = unknown }, request with { Return = unknown }])
            World.Returns(Errno.EINVAL, world.Memory.ScanPages(wrong, regions, out _, out _, out _));
    }

    /// <summary>A refused call of one thread must not keep the hold that others wait for.</summary>
    [Fact]
    public void ACallOfAnEndedProcessEndsItsHold()
    {
        using ThreadedEngine world = new();
        UserProcess ended = world.Engine.CreateProcess("ended");
        AddressSpace memory = ended.Memory;
        ended.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Map(default, 4096, MemoryProtection.Read, ThreadedEngine.Private, out _));
        AssertAnotherThreadMayCall(world);
    }

    [Fact]
    public void ACallOfAnotherSystemsProcessEndsItsHold()
    {
        using ThreadedEngine world = new();
        AddressSpace memory = world.Engine.CreateProcess("foreign").Memory;
        memory.Space.Foreign = new EmptyForeignSpace();
        Assert.Throws<InvalidOperationException>(() => memory.Map(default, 4096, MemoryProtection.Read, ThreadedEngine.Private, out _));
        AssertAnotherThreadMayCall(world);
        memory.Space.Foreign = null;    // it cannot end
    }

    private static void AssertAnotherThreadMayCall(ThreadedEngine world)
    {
        Thread other = new(() => world.Map(1)) { IsBackground = true };
        other.Start();
        Assert.True(other.Join(BlockedThread.PatienceMilliseconds));
    }

    [Fact]
    public void BackgroundWorkOfWhatIsNeverGoneFailsWhenItIs()
    {
        using BackgroundWork work = new(static _ => throw new ObjectDisposedException("hold"), TimeSpan.FromMinutes(1), 1);
        Assert.True(SpinWait.SpinUntil(() => !work.IsRunning, BlockedThread.PatienceMilliseconds));
        Assert.IsType<ObjectDisposedException>(work.Failure);
    }
}
