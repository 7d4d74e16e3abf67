using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Frames of the host, memory of the host and RAM of another engine are mapped, and are as fast as other memory.</summary>
public sealed class HostMemoryTests
{
    private static GuestFile Map(World world, GuestFile file, int page, int pageCount, FileRights rights = FileRights.ReadWrite)
    {
        MemoryProtection protection = (rights & FileRights.Write) != 0 ? MemoryProtection.ReadWrite : MemoryProtection.Read;
        int descriptor = world.Open(file, rights);
        world.MapFile(descriptor, page, pageCount, type: MapFlags.Shared, protection: protection);
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        return file;
    }

    private static void AssertUnmapped(World world, GuestFile file)
    {
        world.Verify();
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(64)));
        file.Dispose();
        Assert.Empty(world.Engine.Ram.Windows);
        world.AssertNothingIsLeft();
    }

    /// <summary>Memory that entries lead to is pinned. The pins go with the engine, even if files and clones were not disposed.</summary>
    [Fact]
    public void ADisposedEngineKeepsNoMemoryOfTheHost()
    {
        (WeakReference host, WeakReference image) = MemoryOfADisposedEngine();
        for (int i = 0; i < 3 && (host.IsAlive || image.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal((false, false), (host.IsAlive, image.IsAlive));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Host, WeakReference Image) MemoryOfADisposedEngine()
    {
        byte[] bytes = new byte[4 * 4096];
        using World world = new();
        world.Map(0, 4);
        world.Touch(0, 7);
        using Snapshot snapshot = world.First.TakeSnapshot();
        ProcessImage image = ProcessImage.Of(snapshot);
        Assert.Equal(7, world.Engine.CloneProcess(image).Memory.Mmu.Read<byte>(World.At(0)));
        _ = Map(world, world.Engine.Files.CreateHostMemoryFile("host", bytes), 8, 4);
        world.Mmu.Write(World.At(8), 1u);
        Assert.True(MemoryMarshal.TryGetArray<byte>(image.Content.Pages, out ArraySegment<byte> pages));
        return (new(bytes), new(pages.Array));
    }

    /// <summary>MAP_POPULATE leaves pages out of the translation cache while each access is to be seen.</summary>
    [Fact]
    public void APopulatedPageIsWatchedAsAnyOther()
    {
        using World world = new();
        List<VirtualAddress> seen = [];
        using Watchpoint watch = world.Mmu.Watch(World.At(1), 4, WatchedAccesses.All, access => seen.Add(access.Address));
        Assert.True(world.Engine.Frames.TryTake(2, out FrameNumber first));
        using GuestFile file = world.Engine.Files.CreateFrameFile("/dev/fb0", first, new FrameCount(4));
        World.Succeeds(world.Memory.Map(World.At(0), World.Bytes(4), MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Fixed | MapFlags.Populate, world.Open(file), 0, out _));
        world.Peek(1);
        Assert.Equal([World.At(1)], seen);
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(4)));
    }

    [Fact]
    public void FramesThatTheHostTookAreShown()
    {
        using World world = new();
        Assert.True(world.Engine.Frames.TryTake(2, out FrameNumber first));
        GuestFile file = Map(world, world.Engine.Files.CreateFrameFile("/dev/fb0", first, new FrameCount(4)), 0, 4);
        world.Mmu.Write(World.At(3, 100), 0x12345678);
        Assert.Equal(0x12345678, MemoryMarshal.Read<int>(world.Engine.Ram.Bytes(first + new FrameCount(3))[100..]));
        world.Engine.Ram.Bytes(first)[5] = 9;
        Assert.Equal(9, world.Peek(0, 5));
        Assert.NotEqual(0, world.Mmu.WriteAddend(World.At(3).Page));    // the next write is a hit
        using (UserProcess child = world.First.Fork())
        {
            child.Memory.Mmu.Write(World.At(1), (byte)7);
            Assert.Equal(7, world.Peek(1));
            world.Verify();
        }

        Assert.Equal(0ul, world.Memory.Footprint.Resident);
        Assert.Contains("pf io de dd", world.Memory.FormatSmaps(), StringComparison.Ordinal);
        Assert.False(world.Memory.HasOwnPage(World.At(3).Page));
        Assert.False(world.Memory.ReadPagemap(World.At(3).Page).IsPresent);
        Assert.Throws<ArgumentException>(() => world.Engine.Frames.Return(first, 2));
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(4)));
        file.Dispose();
        world.Engine.Frames.Return(first, 2);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheHostsOwnMemoryIsMapped()
    {
        using World world = new();
        byte[] memory = new byte[3 * 4096];
        GuestFile file = Map(world, world.Engine.Files.CreateHostMemoryFile("host", memory), 0, 3);
        for (int page = 0; page < 3; page++) world.Mmu.Write(World.At(page, 8), page + 1);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(page => MemoryMarshal.Read<int>(memory.AsSpan((page * 4096) + 8))));
        Assert.NotEqual(0, world.Mmu.WriteAddend(World.At(1).Page));
        memory[4096] = 77;
        Assert.Equal(77, world.Peek(1));

        byte[] copied = new byte[5000];
        Random.Shared.NextBytes(copied);
        Assert.Equal(5000, world.Mmu.CopyIn(World.At(0, 3000), copied, out _));
        Assert.Equal(copied, memory[3000..8000]);
        world.Mmu.InvalidateAll();
        byte[] back = new byte[5000];
        Assert.Equal(5000, world.Mmu.CopyOut(World.At(0, 3000), back, out _));
        Assert.Equal(copied, back);
        Assert.True(world.Mmu.TryGetWritableSpan(World.At(2), 4096, out Span<byte> span, out _));
        span[0] = 99;
        Assert.Equal(99, memory[2 * 4096]);
        world.Mmu.Write(World.At(0), 5);
        Assert.Equal(5u, world.Mmu.CompareExchange(World.At(0), 6, 5));
        Assert.Equal(6, memory[0]);
        AssertUnmapped(world, file);
    }

    [Fact]
    public void WithoutTheRightToWriteItCannotBeWritten()
    {
        using World world = new();
        byte[] memory = new byte[4096];
        GuestFile file = Map(world, world.Engine.Files.CreateHostMemoryFile("rom", memory, FileRights.Read), 0, 1, FileRights.Read);
        Assert.Equal(0, world.Peek(0));
        Assert.False(world.Mmu.TryWrite(World.At(0), 1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        World.Returns(Errno.EACCES, world.Memory.Protect(World.At(0), World.Bytes(1), MemoryProtection.ReadWrite));
        World.Returns(Errno.EACCES, file.Open(world.First, FileRights.ReadWrite, out _));
        AssertUnmapped(world, file);
    }

    [Fact]
    public void TwoEnginesShareFramesAndTheLastOneKeepsThem()
    {
        using World second = new();
        GuestFile shown;
        using (World first = new())
        {
            Assert.True(first.Engine.Frames.TryTake(1, out FrameNumber taken));
            GuestFile mine = Map(first, first.Engine.Files.CreateFrameFile("mine", taken, new FrameCount(2)), 0, 2);
            Memory<byte> memory = first.Engine.Ram.MemoryOf(taken, new FrameCount(2));
            shown = Map(second, second.Engine.Files.CreateHostMemoryFile("theirs", memory), 0, 2);
            first.Mmu.Write(World.At(1), 42);
            Assert.Equal(42, second.Mmu.Read<int>(World.At(1)));
            second.Mmu.Write(World.At(0), 43);
            Assert.Equal(43, first.Mmu.Read<int>(World.At(0)));
            first.Engine.Dispose();
            Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
            mine.Dispose();
        }

        Assert.Equal(42, second.Mmu.Read<int>(World.At(1)));    // the first engine is gone, its RAM is not
        AssertUnmapped(second, shown);
    }

    [Fact]
    public void RightsSoftDirtyBitsAndDirtyLogsWorkAsElsewhere()
    {
        using World world = new();
        GuestFile file = Map(world, world.Engine.Files.CreateHostMemoryFile("host", new byte[8 * 4096]), 0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page);
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All));
        world.Verify();
        world.Touch(1);
        foreach (WriteSources sources in (WriteSources[])[WriteSources.Mmu, WriteSources.Processor])
        {
            using DirtyLog log = world.Memory.OpenDirtyLog(sources);
            using FrameDirtyLog frames = world.Engine.OpenDirtyLog(sources);
            World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(8), MemoryProtection.Read));
            World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(8), MemoryProtection.ReadWrite));
            world.Touch(2);
            world.Touch(5);
            Assert.Equal([World.At(2).Page, World.At(5).Page], log.CollectDirty().ToArray());
            Assert.Equal(0, frames.Count);    // not frames of RAM
            world.Touch(5);
            Assert.Equal(1, log.Count);
            world.Verify();
        }

        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(8), World.Bytes(8), RemapFlags.MayMove | RemapFlags.Fixed,
            World.At(20), out _));
        Assert.Equal(1, world.Peek(25));
        AssertUnmapped(world, file);
    }

    [Fact]
    public void NumbersOfWindowsAreUsedAgain()
    {
        using World world = new();
        uint ram = world.Engine.Ram.FrameCount.Value;
        GuestFile first = world.Engine.Files.CreateHostMemoryFile("first", new byte[4 * 4096]);
        GuestFile second = world.Engine.Files.CreateHostMemoryFile("second", new byte[4096]);
        Assert.Equal(ram + 4, second.Object.HostFrames.Value);
        first.Dispose();
        GuestFile third = world.Engine.Files.CreateHostMemoryFile("third", new byte[2 * 4096]);
        GuestFile fourth = world.Engine.Files.CreateHostMemoryFile("fourth", new byte[3 * 4096]);
        Assert.Equal(ram, third.Object.HostFrames.Value);
        Assert.Equal(ram + 5, fourth.Object.HostFrames.Value);
        foreach (GuestFile file in (GuestFile[])[second, third, fourth]) file.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        using World world = new();
        Assert.Throws<ArgumentException>(() => world.Engine.Files.CreateHostMemoryFile("odd", new byte[5000]));
        Assert.Throws<ArgumentException>(() => world.Engine.Files.CreateHostMemoryFile("none", Memory<byte>.Empty));
        Assert.Throws<ArgumentException>(() => world.Engine.Files.CreateFrameFile("not taken", new(5), new FrameCount(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            world.Engine.Files.CreateFrameFile("beyond", new(uint.MaxValue), new FrameCount(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Ram.MemoryOf(new(1000), new FrameCount(100)));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.Ram.MemoryOf(default, new FrameCount(uint.MaxValue)));
        using World full = new(new EngineOptions { RamBytes = 1ul << 32, RequestHostHugePages = false });
        Assert.Throws<NoMemoryException>(() => full.Engine.Files.CreateHostMemoryFile("full", new byte[4096]));
    }

    [Fact]
    public void AccessesAllocateNothing()
    {
        using World world = new();
        GuestFile file = Map(world, world.Engine.Files.CreateHostMemoryFile("host", new byte[8 * 4096]), 0, 8);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int round = 0; round < 1000; round++)
            {
                world.Mmu.InvalidateAll();
                for (int page = 0; page < 8; page++) world.Touch(page);
            }
        }));
        AssertUnmapped(world, file);
    }
}
