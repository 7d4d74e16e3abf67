using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The third article's program render, and render3d: scene.dat by read(2), by mapping, privately, twice, and after both have ended.
/// </summary>
public sealed class RenderStoryTests
{
    private const int HeapPages = 16;

    private static DeviceWorld Scene(int readAheadPages = 32) =>
        new(pageCount: 64, options: World.Options() with { ReadAheadPages = readAheadPages });

    /// <summary>Reads a file into the heap 512 bytes at a time, as render does.</summary>
    private static void ReadIntoHeap(UserProcess process, int descriptor, int byteCount)
    {
        World.MapAs(process, 0, HeapPages, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int done = 0; done < byteCount; done += 512)
        {
            World.Succeeds(process.FileDescriptors.ReadTo(descriptor, World.At(0, done), 512, out uint count));
            Assert.Equal(512u, count);
        }
    }

    [Fact]
    public void ASingleByteBringsTheWholePage()
    {
        using DeviceWorld scene = Scene(readAheadPages: 0);
        Assert.Equal(0x12, scene.Read((2 * 4096) + 77, 1)[0]);
        Assert.Equal("..#.", scene.Cached(4));
        Assert.Equal((1L, 1L), (scene.Counters.BackingReads, scene.Counters.PagesRead));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void AfterTwelveKilobytesInPiecesOf512ThreeFramesHoldTheFileAndThreeOthersTheHeap()
    {
        using DeviceWorld scene = Scene(readAheadPages: 0);
        ReadIntoHeap(scene.World.First, scene.Descriptor, 12 * 1024);
        Assert.Equal("###.", scene.Cached(4));
        Assert.Equal(3u, scene.Engine.Files.CachedPages.Value);
        Assert.Equal(new PageCount(3), scene.World.Memory.Usage.ResidentAnonymous);    // stored twice
        Assert.Equal((3L, 21L), (scene.Counters.Misses, scene.Counters.Hits));
        for (int page = 0; page < 3; page++) Assert.Equal(DeviceWorld.ByteOfPage(page), scene.World.Peek(page, 4095));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void WithReadAheadTheSameTwelveKilobytesCostTwoReadsAndNinePagesMoreAreThereAlready()
    {
        using DeviceWorld scene = Scene();
        ReadIntoHeap(scene.World.First, scene.Descriptor, 12 * 1024);
        Assert.Equal("############....", scene.Cached(16));    // four, then on page 1 eight more
        Assert.Equal((2L, 12L), (scene.Counters.BackingReads, scene.Counters.PagesRead));
        Assert.Equal((11L, 2L, 0L), (scene.Counters.ReadAhead, scene.Counters.ReadAheadUsed, scene.Counters.ReadAheadWasted));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void EachFurtherInstanceThatReadsStoresTheContentsOnceMoreAndOneThatMapsDoesNot()
    {
        using DeviceWorld scene = Scene();
        ReadIntoHeap(scene.World.First, scene.Descriptor, 12 * 1024);
        uint read = scene.Engine.Files.CachedPages.Value;
        using UserProcess second = scene.Engine.CreateProcess("render");
        ReadIntoHeap(second, scene.Open(FileRights.Read, process: second), 12 * 1024);
        Assert.Equal(6u, scene.Engine.Parts.Machine.Frames.CountOf(FrameState.Anonymous).Value);

        using UserProcess third = scene.Engine.CreateProcess("render");
        int file = scene.Open(FileRights.Read, process: third);
        World.Succeeds(third.Memory.Map(World.At(0), World.Bytes(3), MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, file, 0,
            out _));
        for (int page = 0; page < 3; page++) Assert.Equal(DeviceWorld.ByteOfPage(page), third.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.Equal(6u, scene.Engine.Parts.Machine.Frames.CountOf(FrameState.Anonymous).Value);
        Assert.Equal(read, scene.Engine.Files.CachedPages.Value);
        Assert.Equal(0L, third.Memory.Usage.Faults.Major);
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void TwoInstancesThatMapShareTheFrames()
    {
        using DeviceWorld scene = Scene();
        scene.World.MapFile(scene.Descriptor, 0, 3);
        using UserProcess second = scene.Engine.CreateProcess("render");
        int file = scene.Open(process: second);
        World.Succeeds(second.Memory.Map(World.At(100), World.Bytes(3), MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed, file,
            0, out _));
        for (int page = 0; page < 3; page++)
        {
            Assert.Equal(scene.World.Peek(page), second.Memory.Mmu.Read<byte>(World.At(100 + page)));
            FrameNumber frame = scene.World.Memory.Space.Tables.Read(World.At(page).Page).Frame;
            Assert.Equal(frame, second.Memory.Space.Tables.Read(World.At(100 + page).Page).Frame);
            ref FrameDescriptor descriptor = ref scene.Engine.Parts.Machine.Frames[frame];
            Assert.Equal((2u, 3u), (descriptor.MapCount, descriptor.ReferenceCount));
        }

        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void WhenRenderWritesToItsPrivateMappingRender3dAndTheFileDoNotSeeIt()
    {
        using DeviceWorld scene = Scene();
        using UserProcess render3d = scene.Engine.CreateProcess("render3d");
        int other = scene.Open(process: render3d);
        scene.World.MapFile(scene.Descriptor, 0, 3);
        World.Succeeds(render3d.Memory.Map(World.At(0), World.Bytes(3), MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed,
            other, 0, out _));
        Assert.Equal((0x11, 0x11), (scene.World.Peek(1), render3d.Memory.Mmu.Read<byte>(World.At(1))));
        Assert.False(scene.World.Memory.Space.Tables.Read(World.At(1).Page).IsWritable);    // a trick: the mapping itself may be written

        scene.World.Touch(1, 0x99);
        Assert.True(scene.World.Memory.HasOwnPage(World.At(1).Page));
        Assert.Equal((0x99, 0x11), (scene.World.Peek(1), render3d.Memory.Mmu.Read<byte>(World.At(1))));
        Assert.Equal(0x11, scene.Read(4096, 1)[0]);
        Assert.Equal(0u, scene.Engine.Files.DirtyPages.Value);

        scene.Write(4096, 0x55, 2);    // the file changes: a page only read shows it, a copied page does not
        Assert.Equal((0x99, 0x55), (scene.World.Peek(1), render3d.Memory.Mmu.Read<byte>(World.At(1))));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void AWriteToAReadOnlyMappingIsASegmentationFaultAndNoCopy()
    {
        using DeviceWorld scene = Scene();
        scene.World.MapFile(scene.Descriptor, 0, 1, protection: MemoryProtection.Read);
        Assert.False(scene.World.Mmu.TryWrite(World.At(0), (byte)1, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(0)), fault);
        Assert.Equal(0L, scene.World.Memory.Usage.Faults.Copied);
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void TheCacheIsStillWarmAWeekAfterTheLastInstanceHasGone()
    {
        using DeviceWorld scene = Scene();
        ReadIntoHeap(scene.World.First, scene.Descriptor, 12 * 1024);
        scene.World.First.Dispose();
        Assert.Equal(12u, scene.Engine.Files.CachedPages.Value);
        for (int week = 0; week < 100; week++) scene.Engine.RunBackground(1000);

        using UserProcess again = scene.Engine.CreateProcess("render");
        int file = scene.Open(FileRights.Read, process: again);
        World.Succeeds(again.Memory.Map(World.At(0), World.Bytes(3), MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, file, 0,
            out _));
        long reads = scene.Counters.BackingReads;
        for (int page = 0; page < 3; page++) again.Memory.Mmu.Read<byte>(World.At(page));
        Assert.Equal((reads, 0L), (scene.Counters.BackingReads, again.Memory.Usage.Faults.Major));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void WrittenBytesReachTheDiskOnlyOnRequest()
    {
        using DeviceWorld scene = Scene();
        scene.Write(100, 0x77, 10);
        Assert.Equal((0x77, 0x10, 0x10), (scene.Read(100, 1)[0], scene.OnDevice(100), scene.Durable(100)));
        World.Succeeds(scene.Calls.Synchronize(scene.Descriptor));
        Assert.Equal((0x77, 0x77), (scene.OnDevice(100), scene.Durable(100)));
        scene.AssertNothingIsLeft();
    }

    [Fact]
    public void SharedMappingsAreOneAndEndUpOnTheDisk()
    {
        using DeviceWorld scene = Scene();
        scene.World.MapFile(scene.Descriptor, 0, 2, type: MapFlags.Shared);
        using UserProcess child = scene.World.First.Fork();
        scene.World.Touch(1, 0x42);
        Assert.Equal((0x42, 0x42), (child.Memory.Mmu.Read<byte>(World.At(1)), scene.Read(4096, 1)[0]));
        World.Succeeds(scene.World.Memory.Synchronize(World.At(1), 4096, SyncFlags.Sync));
        Assert.Equal(0x42, scene.Durable(4096));
        child.Dispose();
        scene.AssertNothingIsLeft();
    }
}
