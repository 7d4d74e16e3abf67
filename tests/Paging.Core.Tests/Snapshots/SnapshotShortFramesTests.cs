using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Going back and loading when no frame is free: other pages go to swap; where nothing can go, nothing changes, and it works when there is
/// room again.
/// </summary>
public sealed class SnapshotShortFramesTests
{
    private const int Pages = 8, Others = 120;

    /// <summary>Pages of shared memory that were dropped: their bytes are in the host's memory, or on slots.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void SharedPagesComeBackAsSoonAsFramesDo(bool isSwapped, bool hasOthers)
    {
        using World world = Start(out GuestFile file);
        if (isSwapped) World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.PageOut));
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        World.Succeeds(file.SetLength(4096));
        World.Succeeds(file.SetLength(Pages * 4096));
        if (hasOthers) FillOthers(world);
        List<FrameNumber> taken = world.Engine.TakeAllFrames();
        if (!hasOthers)
        {
            (uint pages, long dirty) = (file.CachedPages.Value + file.SwappedPages.Value, snapshot.DirtyPageCount);
            World.Returns(Errno.ENOMEM, snapshot.Restore());
            world.Verify();
            Assert.Equal((pages, dirty), (file.CachedPages.Value + file.SwappedPages.Value, snapshot.DirtyPageCount));
            foreach (FrameNumber frame in taken) world.Engine.Frames.Return(frame, 0);
        }

        World.Succeeds(snapshot.Restore());
        if (hasOthers) Assert.True(world.Engine.Reclaimed.Reclaimed > (isSwapped ? Pages : 0));
        for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }

    /// <summary>The way down to a snapshot needs the page tables that it had.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void TablesComeBackAsSoonAsFramesDo(bool hasOthers, bool isOfEngine)
    {
        using World world = Start(out _, hasSwap: hasOthers);
        UserProcess? other = isOfEngine && hasOthers ? world.Engine.CreateProcess("other") : null;
        Func<Errno> above = TakeSnapshot();
        const int far = 5000;
        world.Map(far, 3000);
        for (int page = far; page < far + 3000; page += 500) world.Touch(page, 9);
        Func<Errno> below = TakeSnapshot();
        uint tables = world.Engine.Frames.CountOf(FrameState.PageTable).Value;
        World.Succeeds(above());
        uint without = world.Engine.Frames.CountOf(FrameState.PageTable).Value;
        Assert.True(without < tables);
        if (hasOthers) FillOthers(world, other);
        if (!isOfEngine) tables += world.Engine.Frames.CountOf(FrameState.PageTable).Value - without;    // those of the other process
        List<FrameNumber> taken = world.Engine.TakeAllFrames();
        if (!hasOthers)
        {
            World.Returns(Errno.ENOMEM, below());
            world.Verify();
            foreach (FrameNumber frame in taken) world.Engine.Frames.Return(frame, 0);
        }

        World.Succeeds(below());
        world.Verify();
        Assert.Equal(tables, world.Engine.Frames.CountOf(FrameState.PageTable).Value);
        for (int page = far; page < far + 3000; page += 500) Assert.Equal(9, world.Peek(page));
        World.Succeeds(above());
        world.Verify();

        Func<Errno> TakeSnapshot() => isOfEngine ? world.Engine.TakeSnapshot().Restore : world.First.TakeSnapshot().Restore;
    }

    /// <summary>A saved process with pages and guards in tables of their own.</summary>
    [Fact]
    public void AProcessIsLoadedAsFramesComeFree()
    {
        using World world = new();
        world.Map(0, 6000);
        int[] pages = [0, 1, 1100, 2300, 3500];
        foreach (int page in pages) world.Touch(page, (byte)((page % 200) + 1));
        foreach (int page in (int[])[1800, 4600, 5999])
            World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.GuardInstall));
        using Snapshot snapshot = world.First.TakeSnapshot();
        byte[] saved = SavedStream.Of(snapshot).ToBytes();
        for (int left = 0; left < 14; left++)    // frames that are free when it begins
        {
            using World other = Start(out _);
            FillOthers(other);
            List<FrameNumber> taken = other.Engine.TakeAllFrames();
            foreach (FrameNumber frame in taken.Take(left)) other.Engine.Frames.Return(frame, 0);
            using UserProcess loaded = other.Engine.SavedProcesses.Load(new MemoryStream(saved));
            Assert.All(pages, page => Assert.Equal((page % 200) + 1, loaded.Memory.Mmu.Read<byte>(World.At(page))));
            Assert.All((int[])[1800, 4600, 5999], page => Assert.False(loaded.Memory.Mmu.TryRead(World.At(page), out byte _)));
            other.Verify();
        }
    }

    private static World Start(out GuestFile file, bool hasSwap = true)
    {
        World world = new();
        if (hasSwap) World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(2 << 20), out _));
        file = world.Engine.Files.CreateSharedMemory(Pages * 4096, isCommitted: true);
        world.MapFile(world.Open(file), 0, Pages, type: MapFlags.Shared);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)(page + 1));
        return world;
    }

    /// <summary>Pages of another process, which can go to swap.</summary>
    private static void FillOthers(World world, UserProcess? other = null)
    {
        other ??= world.Engine.CreateProcess("other");
        World.MapAs(other, 0, Others, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < Others; page++) other.Memory.Mmu.Write(World.At(page), (byte)7);
    }
}
