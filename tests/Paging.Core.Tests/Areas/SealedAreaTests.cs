using Paging.Native;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>mseal(2): the calls that sealed memory refuses. Linux: mm/mseal.c, tools/testing/selftests/mm/mseal_test.c.</summary>
/// <remarks>tests/programs/sources/seals.c compares each call, and 2,400 random ones, with the host's kernel.</remarks>
public sealed class SealedAreaTests
{
    [Fact]
    public void SealedMemoryStaysWhereAndAsItIs()
    {
        using World world = new();
        world.Map(0, 8);
        world.Touch(3, 7);
        World.Succeeds(world.Memory.Seal(World.At(2), World.Bytes(2)));
        Assert.Equal("0-2 rw-p, 2-4 rw-p, 4-8 rw-p", World.AreasOf(world.First));
        Assert.Equal(1, Count(world.Memory.FormatSmaps(), " sl"));
        foreach ((int first, int count) in ((int, int)[])[(2, 2), (2, 1), (3, 1), (3, 4), (0, 8), (2, 6), (1, 2)])
        {
            World.Returns(Errno.EPERM, world.Memory.Unmap(World.At(first), World.Bytes(count)));
            World.Returns(Errno.EPERM, world.Memory.Map(World.At(first), World.Bytes(count), MemoryProtection.Read, World.PrivateFixed, -1,
                0, out _));
        }

        World.Returns(Errno.EPERM, world.Memory.Protect(World.At(3), World.Bytes(1), MemoryProtection.ReadWrite));
        World.Returns(Errno.EPERM, world.Memory.Remap(World.At(2), World.Bytes(2), World.Bytes(1), RemapFlags.None, out _));
        World.Returns(Errno.EPERM, world.Memory.Remap(World.At(6), World.Bytes(1), World.Bytes(1), RemapFlags.MayMove | RemapFlags.Fixed,
            World.At(3), out _));
        Assert.Equal(7, world.Peek(3));
        World.Succeeds(world.Memory.Advise(World.At(3), World.Bytes(1), MemoryAdvice.DontNeed));    // a write could do it too
        Assert.Equal(0, world.Peek(3));
        world.AssertNothingIsLeft();
    }

    /// <summary>The call takes effect up to the seal: earlier areas have the new rights, and splits stay.</summary>
    [Fact]
    public void ACallEndsAtTheSeal()
    {
        using World world = new();
        world.Map(0, 8);
        World.Succeeds(world.Memory.Seal(World.At(4), World.Bytes(1)));
        World.Returns(Errno.EPERM, world.Memory.Unmap(World.At(2), World.Bytes(5)));
        Assert.Equal("0-2 rw-p, 2-4 rw-p, 4-5 rw-p, 5-8 rw-p", World.AreasOf(world.First));
        World.Returns(Errno.EPERM, world.Memory.Protect(World.At(1), World.Bytes(6), MemoryProtection.Read));
        Assert.Equal("0-1 rw-p, 1-4 r--p, 4-5 rw-p, 5-8 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    /// <summary>A part of a sealed area is not even cut out.</summary>
    /// <remarks>Linux: mm/vma.c vms_gather_munmap_vmas, vma_is_sealed before __split_vma.</remarks>
    [Theory]
    [InlineData(2, 2, "0-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    [InlineData(3, 2, "0-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    [InlineData(3, 3, "0-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    [InlineData(5, 3, "0-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    [InlineData(0, 7, "0-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    [InlineData(1, 4, "0-1 rw-p, 1-2 rw-p, 2-6 rw-p, 6-8 rw-p")]
    public void ASealedAreaIsNotCut(int first, int count, string areas)
    {
        using World world = new();
        world.Map(0, 8);
        World.Succeeds(world.Memory.Seal(World.At(2), World.Bytes(4)));
        World.Returns(Errno.EPERM, world.Memory.Unmap(World.At(first), World.Bytes(count)));
        Assert.Equal(areas, World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AChildAndASnapshotHaveTheSeals()
    {
        using World world = new();
        world.Map(0, 3);
        World.Succeeds(world.Memory.Seal(World.At(1), World.Bytes(1)));
        World.Succeeds(world.First.Fork(out UserProcess? child));
        World.Returns(Errno.EPERM, child!.Memory.Unmap(World.At(1), World.Bytes(1)));
        using MemoryStream stream = new();
        using (Snapshot snapshot = world.First.TakeSnapshot())
        {
            World.Succeeds(world.Memory.Seal(World.At(2), World.Bytes(1)));
            snapshot.Restore();
            snapshot.Save(stream);
        }

        World.Succeeds(world.Memory.Unmap(World.At(2), World.Bytes(1)));
        stream.Position = 0;
        using UserProcess loaded = world.Engine.SavedProcesses.Load(stream);
        Assert.Equal("0-1 rw-p, 1-2 rw-p, 2-3 rw-p", World.AreasOf(loaded));
        World.Returns(Errno.EPERM, loaded.Memory.Unmap(World.At(1), World.Bytes(1)));
        World.Succeeds(loaded.Memory.Unmap(World.At(2), World.Bytes(1)));
        world.Verify();
    }

    [Fact]
    public void ArgumentsAreCheckedBeforeAnythingIsSealed()
    {
        using World world = new();
        world.Map(0, 4);
        World.Succeeds(world.Memory.Reserve(new(World.At(6).Page, new(2))));
        World.Succeeds(world.Memory.Seal(World.At(1), 0));
        World.Returns(Errno.EINVAL, world.Memory.Seal(World.At(1, 1), 0));
        // To 4 GiB and beyond there is a hole as well: tests/programs/sources/exact.c asks the host, whose sums have 64 bits
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(1), uint.MaxValue));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(1), uint.MaxValue - 4095));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(1), uint.MaxValue - World.At(1).Value + 1));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(new(0xFFFF_F000), 1));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(new(0xFFFF_F000), 0xFFFF_F001));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(new(0xFFFF_E000), 1));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(VirtualAddress.Zero, uint.MaxValue));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(2), World.Bytes(3)));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(-1), World.Bytes(2)));
        World.Returns(Errno.ENOMEM, world.Memory.Seal(World.At(6), World.Bytes(1)));
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
        World.Succeeds(world.Memory.Seal(World.At(1), 1));
        World.Succeeds(world.Memory.Seal(World.At(0), World.Bytes(4)));
        Assert.Equal("0-4 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    /// <summary>A break below sealed heap stays where it is.</summary>
    [Fact]
    public void ASealedHeapDoesNotShrink()
    {
        using World world = new();
        VirtualAddress start = world.Memory.SetBreak(VirtualAddress.Zero), end = start + World.Bytes(3);
        Assert.Equal(end, world.Memory.SetBreak(end));
        World.Succeeds(world.Memory.Seal(start + World.Bytes(1), World.Bytes(1)));
        Assert.Equal(end, world.Memory.SetBreak(start));
        Assert.Equal(start + World.Bytes(2), world.Memory.SetBreak(start + World.Bytes(2)));
        world.AssertNothingIsLeft();
    }

    /// <summary>Advice that discards: refused where the sealed contents are anonymous and could not be written.</summary>
    [Theory]
    [InlineData(MemoryAdvice.DontNeed, true), InlineData(MemoryAdvice.Free, true), InlineData(MemoryAdvice.DontNeedLocked, true)]
    [InlineData(MemoryAdvice.Remove, true), InlineData(MemoryAdvice.DontFork, true), InlineData(MemoryAdvice.WipeOnFork, true)]
    [InlineData(MemoryAdvice.GuardInstall, true), InlineData(MemoryAdvice.DoFork, false), InlineData(MemoryAdvice.KeepOnFork, false)]
    [InlineData(MemoryAdvice.Cold, false), InlineData(MemoryAdvice.PageOut, false), InlineData(MemoryAdvice.GuardRemove, false)]
    [InlineData(MemoryAdvice.Normal, false), InlineData(MemoryAdvice.DontDump, false), InlineData(MemoryAdvice.PopulateRead, false)]
    public void OnlyDiscardingAdviceIsRefused(MemoryAdvice advice, bool isRefused)
    {
        using World world = new();
        world.Map(0, 1, MemoryProtection.Read);
        world.MapFile(world.OpenFile("f", 1), 2, 1, protection: MemoryProtection.Read);
        World.Succeeds(world.Memory.Seal(World.At(0), World.Bytes(1)));
        World.Succeeds(world.Memory.Seal(World.At(2), World.Bytes(1)));
        Assert.Equal(isRefused ? Errno.EPERM : Errno.None, world.Memory.Advise(World.At(0), World.Bytes(1), advice));
        Assert.NotEqual(Errno.EPERM, world.Memory.Advise(World.At(2), World.Bytes(1), advice));
        world.AssertNothingIsLeft();
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
