using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A dirty log of frames names every frame whose visible bytes have changed, for every kind of access and call.</summary>
public sealed class FrameDirtyLogTests
{
    public static TheoryData<WriteSources> Sources => [WriteSources.Mmu, WriteSources.Processor];

    private static FrameNumber FrameOf(UserProcess process, int page) => process.Memory.Space.Tables.Read(World.At(page).Page).Frame;

    private static FrameNumber[] Collect(FrameDirtyLog log) => log.CollectDirty().ToArray();

    [Theory, MemberData(nameof(Sources))]
    public void AllProcessesAreSeen(WriteSources sources)
    {
        using World world = new();
        world.MapShared(0, 2);
        world.Map(4, 2);
        world.Touch(0);
        world.Touch(4);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(sources);
        UserProcess child = world.First.Fork();
        UserProcess later = world.Engine.CreateProcess("later");
        World.MapAs(later, 0, 2, MemoryProtection.ReadWrite, World.PrivateFixed);
        Assert.Empty(Collect(log));
        world.Verify();

        child.Memory.Mmu.Write(World.At(0), 1);
        later.Memory.Mmu.Write(World.At(1), 1);
        world.Touch(4);
        world.Verify();
        Assert.Equal([FrameOf(child, 0), FrameOf(later, 1), FrameOf(world.First, 4)], Collect(log));
        Assert.Empty(Collect(log));

        world.Touch(0);    // through the parent, the same frame
        child.Memory.Mmu.Write(World.At(0), 2);
        Assert.Equal([FrameOf(child, 0)], Collect(log));
        child.Memory.Mmu.Write(World.At(0), 3);
        Assert.Equal([FrameOf(child, 0)], Collect(log));
        world.Verify();
        child.Dispose();
        later.Dispose();
        world.Verify();
        Assert.Empty(Collect(log));
    }

    /// <summary>An open log sees the writes of a later process as well, in a new space or in that of a reaped one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALaterProcessIsSeen(bool reusesSpace)
    {
        using World world = new();
        if (reusesSpace) world.Engine.CreateProcess("reaped").Dispose();
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(WriteSources.Mmu);
        using UserProcess next = world.Engine.CreateProcess("next");
        World.MapAs(next, 0, 1, MemoryProtection.ReadWrite, World.PrivateFixed);
        next.Memory.Mmu.Write(World.At(0), 1);
        Assert.Equal([FrameOf(next, 0)], Collect(log));

        World.Succeeds(next.Memory.Protect(World.At(0), 4096, MemoryProtection.None));
        World.Succeeds(next.Memory.Protect(World.At(0), 4096, MemoryProtection.ReadWrite));
        Assert.Equal(1, next.Memory.Mmu.Read<int>(World.At(0)));    // must not cache the right to write
        next.Memory.Mmu.Write(World.At(0), 2);
        Assert.Equal([FrameOf(next, 0)], Collect(log));
        world.Verify();
    }

    /// <summary>A page that comes into the cache with its bytes is new to its frame: supplied, filled, written or read.</summary>
    [Theory]
    [InlineData("supplied")]
    [InlineData("supplied zeros")]
    [InlineData("copied")]
    [InlineData("zeroed")]
    [InlineData("written")]
    [InlineData("read")]
    [InlineData("touched")]
    public void PagesThatComeIntoTheCacheAreSeen(string how)
    {
        using World world = new();
        byte[] bytes = new byte[4096];
        Array.Fill(bytes, (byte)7);
        using GuestFile shared = world.Engine.Files.CreateMemoryFile("shared", 8192);
        using GuestFile backed = world.Engine.Files.CreateFile("f", new ByteBacking(8192));
        using Pager pager = world.Engine.Files.CreatePager("paged", new(2), new NoSource());
        GuestFile file = how is "read" ? backed : how.StartsWith("supplied", StringComparison.Ordinal) ? pager.File : shared;
        world.MapFile(world.Open(file), 0, 2, type: MapFlags.Shared);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(
            UserfaultFeatures.All & ~(UserfaultFeatures.Signal | UserfaultFeatures.ProtectSilently));
        if (how is "copied" or "zeroed") World.Succeeds(faults.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(WriteSources.Mmu);
        World.Succeeds(how switch
        {
            "supplied" => pager.Supply(new(1), bytes),
            "supplied zeros" => pager.SupplyZeros(new(1)),
            "copied" => faults.Copy(World.At(1), bytes, UserfaultFillFlags.None, out _),
            "zeroed" => faults.ZeroPage(World.At(1), 4096, UserfaultFillFlags.None, out _),
            "written" => file.Write(4096, bytes, out _),
            "read" => file.Read(0, new byte[1], out _),    // two pages in one request
            _ => world.Memory.Advise(World.At(1), 4096, MemoryAdvice.PopulateRead),
        });
        uint[] seen = [.. Collect(log).Select(static frame => frame.Value).Order()];
        int[] pages = how is "read" ? [0, 1] : [1];
        foreach (int page in pages) world.Peek(page);
        Assert.Equal([.. pages.Select(page => FrameOf(world.First, page).Value).Order()], seen);
    }

    /// <summary>Zeroing part of a page that stays is logged, too: at the edge of a hole, and beyond the end of the file.</summary>
    [Theory]
    [InlineData("hole")]
    [InlineData("shorter")]
    [InlineData("longer")]
    [InlineData("written beyond the end")]
    public void ZeroingPartOfAPageIsSeen(string how)
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(3000));
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 1, type: MapFlags.Shared);
        world.Touch(0);
        world.Mmu.Write(World.At(0, 3500), (byte)9);    // beyond the end
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(WriteSources.Mmu);
        World.Succeeds(how switch
        {
            "hole" => world.First.FileDescriptors.PunchHole(descriptor, 10, 20),
            "shorter" => world.First.FileDescriptors.SetLength(descriptor, 100),
            "longer" => world.First.FileDescriptors.SetLength(descriptor, 10_000),
            _ => world.First.FileDescriptors.Write(descriptor, 8192, new byte[1], out _),
        });
        Assert.Contains(FrameOf(world.First, 0), Collect(log));
        Assert.Equal(0, world.Peek(0, 3500));    // the page is written back before the hole, and the write-back ends with the file
        Assert.Equal(how is "shorter" or "hole" ? 0 : 0x10, world.Peek(0, how is "hole" ? 12 : 2000));
    }

    /// <summary>One of two logs is closed: the other still sees the first store to each page after each collection.</summary>
    [Theory, MemberData(nameof(Sources))]
    public void ALogGoesOnWhenAnotherIsClosed(WriteSources sources)
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        using FrameDirtyLog stays = world.Engine.OpenDirtyLog(sources);
        FrameDirtyLog goes = world.Engine.OpenDirtyLog(sources);
        world.Touch(0);
        goes.Dispose();
        world.Verify();
        Assert.Equal([FrameOf(world.First, 0)], Collect(stays));
        world.Touch(0, 2);    // its right to write was taken back with the list
        Assert.Equal([FrameOf(world.First, 0)], Collect(stays));
        world.Verify();
        stays.Dispose();
        world.Touch(0, 3);
        using FrameDirtyLog later = world.Engine.OpenDirtyLog(sources);
        Assert.Empty(Collect(later));
        world.Touch(0, 4);
        Assert.Equal([FrameOf(world.First, 0)], Collect(later));
    }

    /// <summary>Frames end where RAM does, and a bitmap has a bit for each frame of the run, or it is refused.</summary>
    [Fact]
    public void RunsAndBitmapsAreTakenToTheirLastBit()
    {
        using World world = new();
        uint count = world.Engine.Ram.FrameCount.Value;
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(), other = world.Engine.OpenDirtyLog();
        Assert.Throws<ArgumentOutOfRangeException>("frame", () => log.NoteWritten(new(count)));
        foreach (uint frame in (uint[])[100, 163, 164, count - 1]) log.NoteWritten(new(frame));
        Assert.Equal((4, 4, true, false), (log.Count, other.Count, other.IsDirty(new(count - 1)), other.IsDirty(new(101))));
        ulong[] bits = new ulong[1];
        Assert.Throws<ArgumentException>("bitmap", () => log.CollectDirty(new(100), new(65), bits));
        Assert.Equal((2, 4), (log.CollectDirty(new(100), new(64), bits), other.Count));
        Assert.Equal((1ul | (1ul << 63), 2), (bits[0], log.Count));
        Assert.Equal(0, log.CollectDirty(new(100), new(64), bits));
        Assert.Equal(1, log.CollectDirty(new(164), new(1), bits.AsSpan(0, 1)));
        Assert.Equal(0, log.CollectDirty(new(164), new(0), default));
        Assert.Equal([new(count - 1)], Collect(log));
        Assert.Equal(4, Collect(other).Length);
        Assert.Equal((0, 0), (log.Count, other.Count));
    }

    [Fact]
    public void FilesAndSwapAndTheHostAreSeen()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using GuestFile file = world.CreateFile("file", 4);
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 4, type: MapFlags.Shared);
        world.Map(8, 2);
        world.Touch(8);
        for (int page = 0; page < 4; page++) world.Peek(page);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog();

        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 4096, new byte[10], out _));
        Assert.Equal([FrameOf(world.First, 1)], Collect(log));

        World.Succeeds(world.Memory.Advise(World.At(8), World.Bytes(1), MemoryAdvice.PageOut));
        Assert.Equal(1, world.Peek(8));
        Assert.Contains(FrameOf(world.First, 8), Collect(log));

        Assert.True(world.Engine.Frames.TryTake(0, out FrameNumber taken));
        world.Engine.Ram.Bytes(taken)[0] = 1;
        Assert.Empty(Collect(log));
        log.NoteWritten(taken);
        Assert.Equal([taken], Collect(log));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.NoteWritten(new(uint.MaxValue)));
        world.Engine.Frames.Return(taken, 0);
        world.Verify();
    }

    /// <summary>A pin for writing counts as a write when it ends, as the host may write until then; one for reading does not.</summary>
    [Theory]
    [InlineData(AccessKind.Read)]
    [InlineData(AccessKind.Write)]
    public void APinThatEndsIsAWrite(AccessKind access)
    {
        using World world = new();
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog();
        PinnedMemory pin = world.First.Pin(World.At(1), 4096, access);
        Collect(log);
        if (access == AccessKind.Write) ((WritablePin)pin).WritableParts[0].Span[0] = 9;
        Assert.Empty(Collect(log));
        pin.Dispose();
        Assert.Equal(access == AccessKind.Write ? [FrameOf(world.First, 1)] : [], Collect(log));
        world.Verify();
    }

    [Fact]
    public void ABitmapTakesItsFramesAndLeavesTheRest()
    {
        using World world = new();
        world.Map(0, 4);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog();
        for (int page = 0; page < 4; page++) world.Touch(page);
        FrameNumber frame = FrameOf(world.First, 2);
        ulong[] bits = new ulong[1];
        Assert.Equal(1, log.CollectDirty(frame, new FrameCount(1), bits));
        Assert.Equal([1UL], bits);
        Assert.Equal(3, log.Count);
        Assert.False(log.IsDirty(frame));
        world.Touch(2);
        Assert.Equal(4, log.Count);
        Assert.Throws<ArgumentException>(() => log.CollectDirty(default, new FrameCount(65), bits));
        world.Verify();
    }

    [Fact]
    public void RightsBeyondTheRecordAreTakenBackEarly()
    {
        using World world = new(1024);
        int pageCount = WriteGrants.CountMax + 1000;
        world.Map(0, pageCount);
        for (int page = 0; page < pageCount; page++) world.Touch(page);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog();
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < pageCount; page++) world.Touch(page);
            for (int page = 0; page < 10; page++) world.Touch(page);
            Assert.Equal(pageCount, log.CollectDirty().Length);
            Assert.Equal(0, log.Count);
        }
    }

    [Theory, MemberData(nameof(Sources))]
    public void CollectingAllocatesNothing(WriteSources sources)
    {
        using World world = new(16);
        world.Map(0, 1000);
        using FrameDirtyLog log = world.Engine.OpenDirtyLog(sources);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int round = 0; round < 20; round++)
            {
                for (int page = 0; page < 1000; page++) world.Touch(page);
                if (log.CollectDirty().Length != 1000) Assert.Fail("A frame is missing.");
            }
        }));
        world.Verify();
    }

    /// <summary>A source that is never asked: its pages are supplied before.</summary>
    private sealed class NoSource : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Failed;

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.EIO;
    }
}
