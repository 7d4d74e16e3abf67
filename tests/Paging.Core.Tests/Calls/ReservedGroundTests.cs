using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>No system call changes the embedder's reserved range, fills it, marks it, or finds pages there.</summary>
/// <remarks>
/// It stands where a real process has the kernel's own mappings (VM_IO, VM_PFNMAP, VM_DONTEXPAND): mm/madvise.c
/// madvise_dontneed_free_valid_vma, mm/mremap.c check_prep_vma, mm/mlock.c mlock_fixup, fs/userfaultfd.c vma_can_userfault.
/// </remarks>
public sealed class ReservedGroundTests : IDisposable
{
    private readonly World _world = new();

    /// <summary>Pages 0 to 3 are private memory, 4 to 7 are reserved, and 8 to 11 private memory again.</summary>
    public ReservedGroundTests()
    {
        _world.Map(0, 4);
        World.Succeeds(_world.Memory.Reserve(new(World.At(4).Page, new(4))));
        _world.Map(8, 4);
        _world.Touch(3);
        _world.Touch(8);
    }

    public void Dispose()
    {
        AreaFlags flags = default;
        for (AreaIndex index = _world.Memory.Space.Areas.Tree.First; index.IsSome; index = _world.Memory.Space.Areas[index].Next)
            if (_world.Memory.Space.Areas[index].First == World.At(4).Page) flags = _world.Memory.Space.Areas[index].Flags;
        Assert.Equal(AreaFlags.Foreign, flags);
        Assert.False(_world.Mmu.TryRead(World.At(4), out byte _));
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private AddressSpace Memory => _world.Memory;

    [Theory]
    [InlineData(MemoryAdvice.Normal), InlineData(MemoryAdvice.DontNeed), InlineData(MemoryAdvice.Free), InlineData(MemoryAdvice.WillNeed)]
    [InlineData(MemoryAdvice.DontFork), InlineData(MemoryAdvice.Cold), InlineData(MemoryAdvice.GuardInstall)]
    [InlineData(MemoryAdvice.GuardRemove), InlineData(MemoryAdvice.HugePage), InlineData(MemoryAdvice.Remove)]
    public void AdviceEndsThere(MemoryAdvice advice)
    {
        World.Returns(Errno.EINVAL, Memory.Advise(World.At(4), World.Bytes(4), advice));
        World.Returns(Errno.EINVAL, Memory.Advise(World.At(5), World.Bytes(1), advice));
    }

    /// <summary>mprotect changes the pages before the reserved range and stops there, so those after it keep their rights.</summary>
    [Fact]
    public void ProtectEndsThere()
    {
        World.Returns(Errno.EACCES, Memory.Protect(World.At(4), World.Bytes(1), MemoryProtection.Read));
        World.Returns(Errno.EACCES, Memory.Protect(World.At(2), World.Bytes(8), MemoryProtection.Read));
        Assert.Equal("0-2 rw-p, 2-4 r--p, 8-12 rw-p", World.AreasOf(_world.First));
    }

    [Fact]
    public void DiscardingEndsThere()
    {
        World.Returns(Errno.EINVAL, Memory.Advise(World.At(2), World.Bytes(8), MemoryAdvice.DontNeed));
        Assert.Equal((0, 1), (_world.Peek(3), _world.Peek(8)));
    }

    [Fact]
    public void LocksPassOverIt()
    {
        World.Succeeds(Memory.Lock(World.At(3), World.Bytes(1)));
        World.Succeeds(Memory.LockAll(LockAllFlags.Current | LockAllFlags.OnFault));
        Assert.Equal(8u, Memory.Usage.Locked.Value);
        World.Succeeds(Memory.Unlock(World.At(2), World.Bytes(8)));
        Assert.Equal(4u, Memory.Usage.Locked.Value);
        World.Succeeds(Memory.UnlockAll());
        Assert.Equal(0u, Memory.Usage.Locked.Value);
    }

    [Fact]
    public void ItDoesNotMove()
    {
        const RemapFlags toPlace = RemapFlags.MayMove | RemapFlags.Fixed;
        World.Returns(Errno.EFAULT, Memory.Remap(World.At(4), World.Bytes(4), World.Bytes(4), toPlace, World.At(40), out _));
        World.Returns(Errno.EFAULT, Memory.Remap(World.At(4), World.Bytes(4), World.Bytes(5), RemapFlags.MayMove, out _));
        World.Returns(Errno.ENOMEM, Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(5), RemapFlags.None, out _));
    }

    /// <summary>A userfaultfd cannot register the reserved range, and its calls install no page there.</summary>
    [Fact]
    public void NoUserfaultfdHasIt()
    {
        using Userfaultfd faults = Memory.Userfaultfds.Open(UserfaultFeatures.None);
        World.Returns(Errno.EINVAL, faults.Register(World.At(4), World.Bytes(4), UserfaultModes.Missing));
        World.Returns(Errno.EINVAL, faults.Register(World.At(0), World.Bytes(12), UserfaultModes.Missing));
        World.Returns(Errno.EINVAL, faults.Unregister(World.At(0), World.Bytes(12)));
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        World.Returns(Errno.EINVAL, faults.Move(World.At(1), World.At(4), 4096, allowHoles: true, UserfaultFillFlags.None, out _));
        World.Succeeds(faults.Unregister(World.At(0), World.Bytes(4)));
    }

    /// <summary>The reserved range is absent from reports, page scans and the marks of clear_refs.</summary>
    [Fact]
    public void ItHasNoPages()
    {
        Assert.Equal("0-4 rw-p, 8-12 rw-p", World.AreasOf(_world.First));
        Assert.Equal(default, Memory.ReadPagemap(World.At(4).Page));
        PageScanRequest all = new(new(World.At(0).Page, new(12)), 0, 0, 0, PageCategories.All);
        PageRegion[] regions = new PageRegion[12];
        World.Succeeds(Memory.ScanPages(all, regions, out int count, out PageCount found, out _));
        Assert.Equal(8u, found.Value);
        Assert.DoesNotContain(regions.Take(count), static region => region.Range.Contains(World.At(4).Page));
        World.Succeeds(Memory.ClearReferences(ReferenceKind.SoftDirty));
        World.Succeeds(Memory.ClearReferences(ReferenceKind.All));
        Assert.Equal((8u, 2u), (Memory.Usage.Total.Value, Memory.Usage.Resident.Value));
    }

    /// <summary>A child has it as well.</summary>
    [Fact]
    public void AChildHasIt()
    {
        using UserProcess child = _world.First.Fork();
        World.Returns(Errno.EACCES, child.Memory.Protect(World.At(4), World.Bytes(1), MemoryProtection.Read));
        Assert.Equal("0-4 rw-p, 8-12 rw-p", World.AreasOf(child));
    }
}
