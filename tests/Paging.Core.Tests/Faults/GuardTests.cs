using Paging.Core.Swap;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>MADV_GUARD_INSTALL and MADV_GUARD_REMOVE. Linux: tools/testing/selftests/mm/guard-regions.c.</summary>
public sealed class GuardTests
{
    [Fact]
    public void AGuardIsASignalUntilItIsRemoved()
    {
        using World world = new();
        world.Map(0, 4);
        for (int page = 0; page < 4; page++) world.Touch(page, 7);
        Advise(world, 1, 2, MemoryAdvice.GuardInstall);
        Assert.Equal((7, 7), (world.Peek(0), world.Peek(3)));
        foreach (int page in (int[])[1, 2])
        {
            Assert.False(world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault read));
            Assert.False(world.Mmu.TryWrite(World.At(page, 5), (byte)1, out MemoryFault write));
            Assert.Equal((MemoryFaultKind.NotMapped, MemoryFaultKind.NotMapped), (read.Kind, write.Kind));
            Assert.Equal(World.At(page, 5), write.Address);
        }

        Assert.Equal(2UL << 12, world.Memory.Footprint.Resident);
        Assert.Contains(" gu ", world.Memory.FormatSmaps(), StringComparison.Ordinal);
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
        world.Verify();

        Advise(world, 0, 4, MemoryAdvice.DontNeed);
        Assert.False(world.Mmu.TryRead(World.At(1), out byte _, out _));
        Advise(world, 0, 4, MemoryAdvice.GuardRemove);
        Assert.Equal((0, 0), (world.Peek(1), world.Peek(2)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnAccessWithoutTheRightIsRefusedForThatFirst()
    {
        using World world = new();
        world.Map(0, 1, MemoryProtection.Read);
        Advise(world, 0, 1, MemoryAdvice.GuardInstall);
        Assert.False(world.Mmu.TryWrite(World.At(0), (byte)1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotAllowed, fault.Kind);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagemapReportsGuards()
    {
        using World world = new();
        world.Map(0, 2);
        Advise(world, 1, 1, MemoryAdvice.GuardInstall);
        PagemapWord guard = world.Memory.ReadPagemap(World.At(1).Page), other = world.Memory.ReadPagemap(World.At(0).Page);
        Assert.True(guard is { IsGuard: true, IsSwapped: true, IsPresent: false });
        Assert.False(other.IsGuard);
        Assert.False(world.Memory.HasOwnPage(World.At(1).Page));
    }

    [Fact]
    public void LockedMemoryTakesNoGuardAndAGuardIsNotFilled()
    {
        using World world = new();
        world.Map(0, 4);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(1)));
        Assert.Equal(Errno.EINVAL, world.Memory.Advise(World.At(0), 4096, MemoryAdvice.GuardInstall));
        Advise(world, 2, 1, MemoryAdvice.GuardInstall);
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(1), World.Bytes(3)));
        Assert.Equal(Errno.EFAULT, world.Memory.Advise(World.At(2), 4096, MemoryAdvice.PopulateWrite));
        Assert.Equal((true, false), (world.Memory.HasOwnPage(World.At(1).Page), world.Memory.HasOwnPage(World.At(3).Page)));
        Advise(world, 2, 1, MemoryAdvice.GuardRemove);    // locked or not
        Assert.Equal(0, world.Peek(2));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AChildInheritsGuards(bool isShared)
    {
        using World world = new();
        if (isShared) world.MapShared(0, 3);
        else world.Map(0, 3);
        world.Touch(0, 5);
        Advise(world, 1, 1, MemoryAdvice.GuardInstall);
        World.Succeeds(world.First.Fork(out UserProcess? child));
        Assert.False(child!.Memory.Mmu.TryRead(World.At(1), out byte _, out _));
        Assert.Equal(5, child.Memory.Mmu.Read<byte>(World.At(0)));
        child.Memory.Mmu.Write(World.At(0), (byte)6);
        Assert.Equal(isShared ? 6 : 5, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AMoveTakesGuardsAlongAndUnmappingRemovesThem()
    {
        using World world = new();
        world.Map(0, 3);
        Advise(world, 1, 1, MemoryAdvice.GuardInstall);
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(3), World.Bytes(3),
            RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap, World.At(10), out _));
        Assert.Equal(0, world.Peek(1));
        Assert.False(world.Mmu.TryRead(World.At(11), out byte _, out _));
        world.Map(10, 3);
        Assert.Equal(0, world.Peek(11));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void FilesHaveThemAndATruncationLeavesThem()
    {
        using World world = new();
        int file = world.OpenFile("f", 4);
        world.MapFile(file, 0, 4, type: MapFlags.Shared);
        Advise(world, 1, 2, MemoryAdvice.GuardInstall);
        Assert.Equal(0x13, world.Peek(3));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4 * 4096));
        Assert.False(world.Mmu.TryRead(World.At(2), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.NotMapped, fault.Kind);
        Assert.Equal(0, world.Peek(3));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesOnSwapAndSnapshotsComeAndGoBesideGuards()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 3);
        for (int page = 0; page < 3; page++) world.Touch(page, 9);
        Advise(world, 0, 3, MemoryAdvice.PageOut);
        using (Snapshot snapshot = world.First.TakeSnapshot())
        {
            Advise(world, 1, 1, MemoryAdvice.GuardInstall);
            world.Verify();
            Assert.Equal(9, world.Peek(0));
            snapshot.Restore();
            Assert.Equal((9, 9), (world.Peek(1), world.Peek(2)));
        }

        Advise(world, 1, 1, MemoryAdvice.GuardInstall);
        World.Succeeds(world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices.Single()));
        Assert.Equal((9, 9), (world.Peek(0), world.Peek(2)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void RemovingGuardsLeavesThePagesBetweenThem()
    {
        using World world = new();
        world.Map(0, 6);
        for (int page = 0; page < 6; page++) world.Touch(page, (byte)(page + 1));
        Advise(world, 2, 1, MemoryAdvice.GuardInstall);
        Advise(world, 4, 1, MemoryAdvice.GuardInstall);
        Advise(world, 1, 4, MemoryAdvice.GuardRemove);
        Assert.Equal([1, 2, 0, 4, 0, 6], Enumerable.Range(0, 6).Select(page => world.Peek(page)));
        world.Verify();
    }

    [Fact]
    public void ASavedProcessKeepsItsGuards()
    {
        using World world = new();
        world.Map(0, 600);
        world.Touch(0, 4);
        Advise(world, 1, 598, MemoryAdvice.GuardInstall);    // three runs
        using Snapshot snapshot = world.First.TakeSnapshot();
        using MemoryStream stream = new();
        snapshot.Save(stream);
        stream.Position = 0;
        using World other = new();
        Mmu loaded = other.Engine.SavedProcesses.Load(stream).Memory.Mmu;
        other.Verify();
        Assert.Equal((4, 0), (loaded.Read<byte>(World.At(0)), loaded.Read<byte>(World.At(599))));
        foreach (int page in (int[])[1, 256, 257, 513, 598]) Assert.False(loaded.TryRead(World.At(page), out byte _, out _));
    }

    private static void Advise(World world, int page, int count, MemoryAdvice advice) =>
        World.Succeeds(world.Memory.Advise(World.At(page), World.Bytes(count), advice));
}
