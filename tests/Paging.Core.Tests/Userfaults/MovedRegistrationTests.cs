using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A registration, its marks and its messages after mappings move or go.</summary>
/// <remarks>Linux: mm/userfaultfd.c mremap_userfaultfd_prep, userfaultfd_unmap_prep; mm/mremap.c move_ptes, clear_uffd_wp_pmd.</remarks>
public sealed class MovedRegistrationTests : IDisposable
{
    private const UserfaultFeatures Usual = UserfaultFeatures.WriteProtection | UserfaultFeatures.ProtectUnpopulated;

    private readonly World _world = new();
    private Userfaultfd? _faults;

    public void Dispose()
    {
        _world.Verify();
        _faults?.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private Userfaultfd Open(UserfaultFeatures features)
    {
        _faults = _world.Memory.Userfaultfds.Open(features);
        _world.Map(0, 4);
        _world.Touch(1, 7);
        World.Succeeds(_faults.Register(World.At(0), World.Bytes(4), UserfaultModes.WriteProtect));
        World.Succeeds(_faults.WriteProtect(World.At(0), World.Bytes(4), protect: true));
        return _faults;
    }

    /// <summary>A registration moves along if its userfaultfd asked for such events; else the new place has no reports or marks.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMoveTakesTheRegistrationAlongIfThatIsReported(bool isReported)
    {
        Userfaultfd faults = Open(Usual | (isReported ? UserfaultFeatures.Remap : UserfaultFeatures.None));
        World.Succeeds(_world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(4), RemapFlags.MayMove | RemapFlags.Fixed,
            World.At(40), out _));
        Assert.Equal(isReported, _world.Memory.ReadPagemap(World.At(41).Page).IsWriteProtected);
        Assert.Equal((isReported, isReported), (faults.HasUnreadChange, faults.TryRead(out UserfaultMessage message)));
        if (isReported) Assert.Equal(UserfaultMessageKind.Remap, message.Kind);
        bool isWritten = _world.Mmu.TryWrite(World.At(41), (byte)8, out MemoryFault fault);
        Assert.Equal((!isReported, isReported ? MemoryFaultKind.Pending : MemoryFaultKind.None), (isWritten, fault.Kind));
        Assert.Equal(isReported ? Errno.None : Errno.ENOENT, faults.WriteProtect(World.At(40), 4096, protect: true));
        isWritten = _world.Mmu.TryWrite(World.At(43), (byte)8);    // a mark of a page that was not there
        Assert.Equal(!isReported, isWritten);
    }

    /// <summary>Areas that are registered move alone: not with others, and not with a hole after them.</summary>
    /// <remarks>Linux: vma_multi_allowed. Columns as in pictures: R registered, w not (and another area), '.' a hole.</remarks>
    [Theory]
    [InlineData("RR..", 2, Errno.None, "..")]
    [InlineData("RR..", 1, Errno.None, ".R")]
    [InlineData("RR..", 3, Errno.EFAULT, "RR.")]
    [InlineData("RRww", 4, Errno.EFAULT, "RRww")]
    [InlineData("wwRR", 4, Errno.EFAULT, "..RR")]    // what came before has moved
    [InlineData("ww.w", 4, Errno.None, "....")]
    public void ARegisteredAreaMovesAlone(string areas, int count, Errno expected, string left)
    {
        _faults = _world.Memory.Userfaultfds.Open();
        for (int page = 0; page < areas.Length; page++)
            if (areas[page] != '.') _world.Map(page, 1, areas[page] == 'w' ? MemoryProtection.Read : MemoryProtection.ReadWrite);
        int first = areas.IndexOf('R', StringComparison.Ordinal);
        if (first >= 0) World.Succeeds(_faults.Register(World.At(first), World.Bytes(2), UserfaultModes.Missing));
        _world.Map(40, 1);
        _world.Touch(40, 9);
        World.Returns(expected, _world.Memory.Remap(World.At(0), World.Bytes(count), World.Bytes(count),
            RemapFlags.MayMove | RemapFlags.Fixed, World.At(40), out _));
        Assert.Equal(left, string.Concat(left.Select((_, page) =>
            _world.Memory.Areas.IsMappedWithin(new(World.At(page).Page, PageCount.One)) ? areas[page] : '.')));
        if (areas[0] == 'R' && expected != Errno.None) Assert.Equal(9, _world.Peek(40));    // refused before the new place is cleared
    }

    /// <summary>Each call sends a message, even if one of the same range is unread. A call over several areas sends one.</summary>
    [Fact]
    public void EachUnmappingOfARangeIsReported()
    {
        _faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.Unmap);
        for (int i = 0; i < 2; i++)
        {
            _world.Map(0, 1);
            _world.Map(1, 1, MemoryProtection.Read);
            World.Succeeds(_faults.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
            World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(2)));
        }

        for (int i = 0; i < 2; i++)
        {
            Assert.True(_faults.TryRead(out UserfaultMessage message));
            Assert.Equal((UserfaultMessageKind.Unmap, World.At(0)), (message.Kind, message.Address));
        }

        Assert.False(_faults.HasUnreadChange);
    }

    /// <summary>The message of an unmapping has its whole range, and comes only to those that have asked for it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnUnmappingIsReportedOnRequest(bool isReported)
    {
        Userfaultfd faults = Open(Usual | (isReported ? UserfaultFeatures.Unmap : UserfaultFeatures.None));
        World.Succeeds(_world.Memory.Unmap(World.At(2), World.Bytes(8)));
        Assert.Equal(isReported, faults.HasUnreadChange);
        Assert.Equal(isReported, faults.TryRead(out UserfaultMessage message));
        if (isReported) Assert.Equal((UserfaultMessageKind.Unmap, World.At(2)), (message.Kind, message.Address));
    }

    /// <summary>Closing it ends its registrations and marks, and areas that differed by them only join with the next change.</summary>
    [Fact]
    public void NothingIsRegisteredAfterItIsClosed()
    {
        Userfaultfd faults = Open(Usual);
        Assert.Contains(_world.Memory.Areas.Snapshot(), static area => (area.Flags & AreaFlags.Reports) != 0);
        faults.Dispose();
        Assert.DoesNotContain(_world.Memory.Areas.Snapshot(),
            static area => (area.Flags & AreaFlags.Reports) != 0);
        Assert.False(_world.Memory.ReadPagemap(World.At(1).Page).IsWriteProtected);
        Assert.True(_world.Mmu.TryWrite(World.At(1), (byte)8));
        Assert.True(_world.Mmu.TryWrite(World.At(3), (byte)8));
        _world.Map(4, 2);
        Assert.Equal("0-6 rw-p", World.AreasOf(_world.First));
    }

    /// <summary>A page that could not be filled is not in a dirty log; one that was is.</summary>
    [Fact]
    public void OnlyAFilledPageIsLoggedAsWritten()
    {
        _faults = _world.Memory.Userfaultfds.Open();
        _world.Map(0, 4);
        _world.Touch(1, 7);
        World.Succeeds(_faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        using DirtyLog log = _world.Memory.OpenDirtyLog(WriteSources.Mmu);
        Assert.Equal(Errno.EEXIST, _faults.Copy(World.At(1), new byte[4096], UserfaultFillFlags.None, out _));
        Assert.Empty(log.CollectDirty().ToArray());
        World.Succeeds(_faults.Copy(World.At(2), new byte[4096], UserfaultFillFlags.None, out _));
        Assert.Equal([World.At(2).Page], log.CollectDirty().ToArray());
    }
}
