using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A dirty log of an address space names exactly the pages that were written, each once, however they were written.</summary>
public sealed class DirtyLogTests
{
    public static TheoryData<WriteSources> Sources => [WriteSources.Mmu, WriteSources.Processor];

    /// <summary>The pages at the base that were written, in the order of their first writes.</summary>
    private static int[] Collect(DirtyLog log)
    {
        ReadOnlySpan<PageNumber> pages = log.CollectDirty();
        int[] fromBase = new int[pages.Length];
        for (int i = 0; i < pages.Length; i++) fromBase[i] = (int)(pages[i].Value - World.Base.Page.Value);
        return fromBase;
    }

    private static DirtyLog OpenWithPages(World world, WriteSources sources, int pageCount = 16)
    {
        world.Map(0, pageCount);
        for (int page = 0; page < pageCount; page++) world.Touch(page);
        DirtyLog log = world.Memory.OpenDirtyLog(sources);
        world.Verify();
        return log;
    }

    [Theory, MemberData(nameof(Sources))]
    public void EachWrittenPageIsNamedOnceInTheOrderOfFirstWrites(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources);
        Assert.Empty(Collect(log));
        foreach (int page in (int[])[7, 3, 7, 3, 9]) world.Touch(page);
        Assert.Equal(3, log.Count);
        Assert.True(log.IsDirty(World.At(9).Page));
        Assert.False(log.IsDirty(World.At(8).Page));
        Assert.Equal([7, 3, 9], Collect(log));
        world.Verify();
        Assert.Empty(Collect(log));
        world.Touch(3);
        Assert.Equal([3], Collect(log));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void ReadsAreNotLoggedAfterTranslationsAreDropped(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources);
        world.Mmu.InvalidateAll();    // a read now walks, and finds entries that are dirty already
        for (int page = 0; page < 16; page++) world.Peek(page);
        Assert.Empty(Collect(log));
        world.Touch(5);
        Assert.Equal([5], Collect(log));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void LogsAreIndependent(WriteSources sources)
    {
        using World world = new();
        using DirtyLog first = OpenWithPages(world, sources);
        world.Touch(1);
        using DirtyLog second = world.Memory.OpenDirtyLog(WriteSources.Mmu);
        world.Touch(1);
        world.Touch(2);
        Assert.Equal([1, 2], Collect(second));
        world.Touch(2);
        Assert.Equal([2], Collect(second));
        Assert.Equal([1, 2], Collect(first));
        world.Touch(3);
        second.Dispose();
        world.Verify();
        world.Touch(4);
        Assert.Equal([3, 4], Collect(first));
        Assert.Throws<ObjectDisposedException>(() => second.CollectDirty());
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void WritesByTheKernelAreSeen(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources);
        int descriptor = world.OpenFile("file", 2);
        World.Succeeds(world.First.FileDescriptors.ReadTo(descriptor, World.At(4), 4096, out _));
        world.Mmu.CopyIn(World.At(6, 4000), new byte[200], out _);
        world.Mmu.TryWriteAsSupervisor(World.At(9), 1, out _);
        world.Mmu.CompareExchange(World.At(10), 1, 1);
        world.Mmu.Add(World.At(11), 1);
        world.Mmu.Fill(World.At(12), 4096, 1, out _);
        Assert.Equal([4, 6, 7, 9, 10, 11, 12], Collect(log));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void FirstTouchCopyOnWriteAndPagesFilledAheadAreWrites(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources, 4);
        world.Map(8, 4);
        world.Peek(8);                                        // the zero page
        world.Touch(9);
        Assert.Equal([9], Collect(log));
        using UserProcess child = world.First.Fork();
        world.Verify();
        child.Memory.Mmu.Write(World.At(0), 9);               // the child's own
        Assert.Empty(Collect(log));
        world.Touch(0);
        world.Touch(8);
        Assert.Equal([0, 8], Collect(log));
        world.Map(16, 3, more: MapFlags.Populate);
        Assert.Equal([16, 17, 18], Collect(log));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PopulateWrite));
        Assert.Empty(Collect(log).Except([0, 1]));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void MovedPagesCountAtTheirNewPlace(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources, 4);
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(4), RemapFlags.MayMove | RemapFlags.Fixed, World.At(32),
            out _));
        world.Verify();
        Assert.Equal([32, 33, 34, 35], Collect(log));
        world.Touch(33);
        Assert.Equal([33], Collect(log));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void ChangedRightsHideNoWrite(WriteSources sources)
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, sources, 4);
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(4), MemoryProtection.Read));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(4), MemoryProtection.ReadWrite));
        world.Verify();
        Assert.Empty(Collect(log));
        world.Touch(2);
        Assert.Equal([2], Collect(log));
    }

    [Theory, MemberData(nameof(Sources))]
    public void SwappingIsNotWriting(WriteSources sources)
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using DirtyLog log = OpenWithPages(world, sources, 4);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        world.Verify();
        Assert.Equal(1, world.Peek(1));
        Assert.Empty(Collect(log));
        world.Verify();
        world.Touch(1);
        world.Touch(2);
        Assert.Equal([1, 2], Collect(log));
        world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void SharedMemoryIsLoggedWhereItIsWritten(WriteSources sources)
    {
        using World world = new();
        world.MapShared(0, 4);
        using UserProcess child = world.First.Fork();
        using DirtyLog mine = world.Memory.OpenDirtyLog(sources), other = child.Memory.OpenDirtyLog(sources);
        world.Peek(1);
        world.Touch(0);
        child.Memory.Mmu.Write(World.At(1), 1);
        world.Verify();
        Assert.Equal([0], Collect(mine));
        Assert.Equal([1], Collect(other));
        world.Touch(1);
        Assert.Equal([1], Collect(mine));
        world.Verify();
    }

    [Fact]
    public void ABitmapTakesItsRangeAndLeavesTheRest()
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, WriteSources.Mmu, 100);
        foreach (int page in (int[])[1, 70, 99, 3]) world.Touch(page);
        ulong[] bits = [1UL << 60, 0];
        Assert.Equal(2, log.CollectDirty(new(World.At(2).Page, new(69)), bits));
        Assert.Equal([(1UL << 60) | 2, 1UL << 4], bits);
        Assert.Equal([1, 99], Collect(log));
        world.Touch(70);
        world.Touch(1);
        Assert.Equal([70, 1], Collect(log));
        Assert.Throws<ArgumentException>(() => log.CollectDirty(new(World.At(0).Page, new(129)), bits));
        world.Verify();
    }

    [Fact]
    public void TheListIsValidUntilTheNextCollection()
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, WriteSources.Mmu);
        world.Touch(3);
        ReadOnlySpan<PageNumber> pages = log.CollectDirty();
        world.Touch(4);
        world.Touch(5);
        Assert.Equal(World.At(3).Page, Assert.Single(pages.ToArray()));
    }

    [Theory, MemberData(nameof(Sources))]
    public void ALogSurvivesItsProcessAndTheNextOneIsNotInIt(WriteSources sources)
    {
        using World world = new();
        UserProcess other = world.Engine.CreateProcess("other");
        World.MapAs(other, 0, 4, MemoryProtection.ReadWrite, World.PrivateFixed);
        DirtyLog log = other.Memory.OpenDirtyLog(sources);
        other.Memory.Mmu.Write(World.At(2), 1);
        other.Dispose();
        UserProcess next = world.Engine.CreateProcess("next");
        World.MapAs(next, 0, 4, MemoryProtection.ReadWrite, World.PrivateFixed);
        next.Memory.Mmu.Write(World.At(1), 1);
        Assert.Equal([2], Collect(log));
        Assert.Empty(Collect(log));
        world.Verify();
        log.Dispose();
        log.Dispose();
        world.Verify();
        next.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AfterTheLastLogFaultsAndTranslationsAreAsBefore()
    {
        using World world = new();
        DirtyLog log = OpenWithPages(world, WriteSources.Processor);
        log.CollectDirty();
        log.Dispose();
        Assert.False(world.Mmu.ObservesWrites);
        Assert.False(world.Engine.Ram.Observers.Any);
        for (int page = 0; page < 16; page++) world.Touch(page);
        long faults = world.Memory.Faults.Minor;
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(16), MemoryProtection.Read));
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(16), MemoryProtection.ReadWrite));
        for (int page = 0; page < 16; page++) world.Touch(page);
        Assert.Equal(faults, world.Memory.Faults.Minor);
    }

    [Fact]
    public void WithoutAProcessorNoFaultIsCounted()
    {
        using World world = new();
        using DirtyLog log = OpenWithPages(world, WriteSources.Attached);
        FaultCounters before = world.Memory.Faults;
        for (int round = 0; round < 3; round++)
        {
            for (int page = 0; page < 16; page++) world.Touch(page);
            Assert.Equal(16, log.CollectDirty().Length);
        }

        Assert.Equal(before, world.Memory.Faults);
    }

    [Theory, MemberData(nameof(Sources))]
    public void CollectingAllocatesNothing(WriteSources sources)
    {
        using World world = new(16);
        using DirtyLog log = OpenWithPages(world, sources, 1000);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int round = 0; round < 20; round++)
            {
                for (int page = 0; page < 1000; page++) world.Touch(page);
                if (log.CollectDirty().Length != 1000) Assert.Fail("A page is missing.");
            }
        }));
        world.Verify();
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        using World world = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.OpenDirtyLog((WriteSources)9));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Engine.OpenDirtyLog((WriteSources)9));
        UserProcess ended = world.Engine.CreateProcess("ended");
        ended.Exit();
        Assert.Throws<ObjectDisposedException>(() => ended.Memory.OpenDirtyLog());
        DirtyLog late = world.Memory.OpenDirtyLog();
        FrameDirtyLog lateFrames = world.Engine.OpenDirtyLog();
        world.Engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => late.CollectDirty());
        Assert.Throws<ObjectDisposedException>(() => lateFrames.CollectDirty());
        late.Dispose();
        lateFrames.Dispose();
    }
}
