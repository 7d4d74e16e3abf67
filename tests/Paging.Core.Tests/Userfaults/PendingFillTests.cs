using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls that fill pages ahead in memory that a userfaultfd supplies: what is left, and how they go on.</summary>
/// <remarks>Linux: mm/gup.c __mm_populate, faultin_page_range, which wait for each page.</remarks>
public sealed class PendingFillTests : IDisposable
{
    private readonly World _world = new();
    private readonly Userfaultfd _faults;

    public PendingFillTests()
    {
        _world.Map(0, 6);
        _faults = _world.Memory.Userfaultfds.Open();
        World.Succeeds(_faults.Register(World.At(0), World.Bytes(6), UserfaultModes.Missing));
    }

    public void Dispose()
    {
        _faults.Dispose();
        _world.Verify();
        _world.Dispose();
    }

    [Fact]
    public void LockingGoesOnPageByPage()
    {
        World.Returns(Errno.EAGAIN, _world.Memory.Lock(World.At(0), World.Bytes(3)));
        Assert.True(_world.Memory.Userfaultfds.HasPendingFill);
        Assert.Equal([(0, true), (1, true), (2, true)], Supply(Errno.None, decidesResult: true));
        Assert.True(_world.Memory.Areas.Find(World.At(0).Page)!.IsLocked);
    }

    [Fact]
    public void EachKindHasItsAccesses()
    {
        World.Returns(Errno.EAGAIN, _world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PopulateRead));
        Assert.Equal([(0, false), (1, false)], Supply(Errno.None, decidesResult: true));
        World.Returns(Errno.EAGAIN, _world.Memory.Advise(World.At(1), World.Bytes(2), MemoryAdvice.PopulateWrite));
        Assert.Equal([(2, true)], Supply(Errno.None, decidesResult: true));
        World.Succeeds(_world.Memory.LockAll(LockAllFlags.Current));
        Assert.Equal([(3, true), (4, true), (5, true)], Supply(Errno.None, decidesResult: false));
    }

    [Fact]
    public void AGrownAreaIsFilledAfterItsCallHasSucceeded()
    {
        World.Succeeds(_world.Memory.Unmap(World.At(4), World.Bytes(2)));
        World.Succeeds(_world.Memory.Lock(World.At(0), World.Bytes(4), LockFlags.OnFault));
        World.Succeeds(_world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(5), RemapFlags.None, default, out _));
        Assert.False(_world.Memory.Userfaultfds.HasPendingFill);    // locked on fault: nothing is filled
        World.Returns(Errno.EAGAIN, _world.Memory.Lock(World.At(0), World.Bytes(5)));
        Supply(Errno.None, decidesResult: true);
        World.Succeeds(_world.Memory.Remap(World.At(0), World.Bytes(5), World.Bytes(6), RemapFlags.None, default, out _));
        Assert.Equal([(5, true)], Supply(Errno.None, decidesResult: false));
    }

    /// <summary>Pages that go while the call waits are left out by mlock, and end MADV_POPULATE.</summary>
    [Fact]
    public void HolesThatComeMeanwhileCountAsInLinux()
    {
        World.Returns(Errno.EAGAIN, _world.Memory.Lock(World.At(0), World.Bytes(3)));
        Assert.True(_world.Memory.Userfaultfds.TakePendingFill(out PendingFill fill));
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(2)));
        World.Returns(Errno.EAGAIN, _world.Memory.Userfaultfds.GoOn(fill));
        Assert.Equal([(2, true)], Supply(Errno.None, decidesResult: true, isFirstGone: true));
        World.Returns(Errno.EAGAIN, _world.Memory.Advise(World.At(3), World.Bytes(3), MemoryAdvice.PopulateRead));
        World.Succeeds(_world.Memory.Unmap(World.At(4), World.Bytes(1)));
        Assert.Equal([(3, false)], Supply(Errno.ENOMEM, decidesResult: true));
    }

    /// <summary>A fork's copies of written shared pages are clean; the parent's entries keep the dirty bit. Linux: pte_mkclean.</summary>
    [Fact]
    public void AForkCopiesSharedEntriesClean()
    {
        VirtualAddress at = World.At(8);
        const MapFlags shared = MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed;
        World.Succeeds(_world.Memory.Map(at, World.Bytes(2), MemoryProtection.ReadWrite, shared, out _));
        World.Succeeds(_faults.Register(at, World.Bytes(2), UserfaultModes.WriteProtect));
        _world.Mmu.Write(at, 1);
        using Userfaultfd forks = _world.Memory.Userfaultfds.Open(UserfaultFeatures.Fork);
        World.Succeeds(_faults.Unregister(at, World.Bytes(2)));
        World.Succeeds(forks.Register(at, World.Bytes(2), UserfaultModes.WriteProtect));
        UserProcess child = _world.First.Fork();
        Assert.True(_world.Memory.Space.Tables.Read(at.Page).IsDirty);
        PageTableEntry copy = child.Memory.Space.Tables.Read(at.Page);
        Assert.True(copy is { IsPresent: true, IsDirty: false, IsAccessed: false });
        Assert.Equal(1, child.Memory.Mmu.Read<int>(at));
        Assert.True(forks.TryRead(out UserfaultMessage message));
        message.Child!.Dispose();
    }

    /// <summary>Supplies page after page; returns the reported accesses.</summary>
    private List<(int Page, bool IsWrite)> Supply(Errno last, bool decidesResult, bool isFirstGone = false)
    {
        List<(int, bool)> reports = [];
        byte[] bytes = [.. Enumerable.Repeat((byte)9, 4096)];
        if (isFirstGone) Assert.True(_faults.TryRead(out _));    // of a page that has been unmapped since
        while (_world.Memory.Userfaultfds.TakePendingFill(out PendingFill fill))
        {
            Assert.Equal(decidesResult, fill.DecidesResult);
            Assert.True(_faults.TryRead(out UserfaultMessage message));
            int page = (int)(message.Address.Page - World.Base.Page).Value;
            Assert.Equal(World.At(page).Page, fill.Rest.First);
            reports.Add((page, message.IsWrite));
            World.Succeeds(_faults.Copy(World.At(page), bytes, UserfaultFillFlags.None, out _));
            Errno result = _world.Memory.Userfaultfds.GoOn(fill);
            Assert.Equal(_world.Memory.Userfaultfds.HasPendingFill ? Errno.EAGAIN : last, result);
        }

        return reports;
    }
}
