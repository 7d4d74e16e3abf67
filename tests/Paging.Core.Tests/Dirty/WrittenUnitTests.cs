using Paging.Native;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A log that needs faults speaks of units: an entry, and the pages that it covers. A huge page of the pool is logged as a whole, and no
/// store to any page of it is missed.
/// </summary>
public sealed class WrittenUnitTests : IDisposable
{
    private const int Pages = 512;

    private readonly World _world = new(World.Options(24) with
    {
        Tables = TableFormat.Pae,
        HugePages = 3,
        TransparentHugePages = TransparentHugePages.Advised,
    });

    public static TheoryData<WriteSources> Sources => [WriteSources.Mmu, WriteSources.Processor];

    public void Dispose() => _world.Dispose();

    private static PageNumber[] Line(int first = 0) => [.. Enumerable.Range(first, Pages).Select(static page => World.At(page).Page)];

    private void MapPool(MapFlags type) =>
        World.MapAs(_world.First, 0, Pages, MemoryProtection.ReadWrite, type | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb);

    [Theory]
    [InlineData(MapFlags.Private, false)]
    [InlineData(MapFlags.Private, true)]
    [InlineData(MapFlags.Shared, false)]
    [InlineData(MapFlags.Shared, true)]
    public void APageOfThePoolIsLoggedAsAWhole(MapFlags type, bool isReadFirst)
    {
        MapPool(type);
        using DirtyLog log = _world.Memory.OpenDirtyLog(WriteSources.Processor), ofMmu = _world.Memory.OpenDirtyLog(WriteSources.Mmu);
        for (int round = 0; round < 3; round++)
        {
            if (isReadFirst) Assert.Equal(round == 0 ? 0 : 1, _world.Peek(7, offset: 8));
            _world.Verify();
            Assert.Equal((0, 0), (log.Count, ofMmu.Count));
            _world.Mmu.Write(World.At(7, 8), (byte)1);
            _world.Mmu.Write(World.At(300), (byte)1);
            _world.Verify();
            Assert.Equal([World.At(7).Page, World.At(300).Page], ofMmu.CollectDirty().ToArray());
            _world.Verify();
            Assert.Equal(Line(), log.CollectDirty().ToArray().Order());
            _world.Verify();
        }

        _world.AssertNothingIsLeft();
    }

    /// <summary>clear_refs neither breaks up transparent pages nor keeps new ones away; a store marks the whole page.</summary>
    /// <remarks>Linux: clear_soft_dirty_pmd, do_huge_pmd_wp_page, do_huge_zero_wp_pmd.</remarks>
    [Theory]
    [InlineData("written before")]
    [InlineData("zeros before")]
    [InlineData("first touched after it")]
    [InlineData("zeros after it")]
    public void ATransparentPageStaysOneAfterClearRefs(string kind)
    {
        World.MapAs(_world.First, 0, Pages, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed);
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.HugePage));
        if (kind is "written before") _world.Touch(3);
        if (kind is "zeros before") Assert.Equal(0, _world.Peek(3));
        World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        if (kind is "zeros after it") Assert.Equal(0, _world.Peek(3));
        _world.Verify();
        Assert.False(_world.Memory.ReadPagemap(World.At(3).Page).IsSoftDirty);

        _world.Touch(7);
        _world.Verify();
        Assert.Equal(HugeLine.HugePrivate, _world.Memory.HugePages.LineAt(World.At(0).Page));
        Assert.True(_world.Memory.ReadPagemap(World.At(7).Page).IsSoftDirty);
        Assert.True(_world.Memory.ReadPagemap(World.At(3).Page).IsSoftDirty);    // one entry maps both
        World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        Assert.False(_world.Memory.ReadPagemap(World.At(7).Page).IsSoftDirty);
        _world.Verify();
    }

    /// <summary>Collecting a part of a unit protects all of it: the next store to it is logged again.</summary>
    [Fact]
    public void APartOfAUnitIsCollected()
    {
        MapPool(MapFlags.Private);
        using DirtyLog log = _world.Memory.OpenDirtyLog(WriteSources.Processor);
        _world.Touch(5);
        ulong[] bits = new ulong[1];
        Assert.Equal(10, log.CollectDirty(new(World.At(0).Page, new(10)), bits));
        Assert.Equal((Pages - 10, (1ul << 10) - 1), (log.Count, bits[0]));
        _world.Verify();
        _world.Touch(400);
        Assert.Equal(Pages, log.Count);
        _world.Verify();
    }

    /// <summary>A log of frames has every frame of a unit, also those that were only zeroed or copied.</summary>
    [Theory, MemberData(nameof(Sources))]
    public void AllFramesOfANewHugePageAreLogged(WriteSources sources)
    {
        MapPool(MapFlags.Private);
        using FrameDirtyLog log = _world.Engine.OpenDirtyLog(sources);
        _world.Touch(5);
        Assert.Equal(Pages, log.CollectDirty().Length);
        _world.Verify();
        _world.Touch(6);
        Assert.Equal(sources == WriteSources.Mmu ? 1 : Pages, log.CollectDirty().Length);
        _world.Verify();
        using UserProcess child = _world.First.Fork();
        child.Memory.Mmu.Write(World.At(9), 3);
        _world.Verify();
        Assert.Equal(Pages, log.CollectDirty().Length);    // the copy
        _world.Verify();
    }

    [Theory, MemberData(nameof(Sources))]
    public void AllFramesOfATransparentHugePageAreLogged(WriteSources sources)
    {
        _world.Map(0, Pages);
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.HugePage));
        using FrameDirtyLog log = _world.Engine.OpenDirtyLog(sources);
        for (int page = 0; page < Pages; page++) _world.Touch(page);
        Assert.Equal(Pages, log.CollectDirty().Length);
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.Collapse));
        _world.Verify();
        int moved = sources == WriteSources.Mmu ? 0 : Pages;    // it was huge before, unless a log for processors forbids it
        Assert.Equal(moved, log.CollectDirty().Length);
        _world.Verify();
    }

    /// <summary>A page of zeros that was shown before is no way round a log.</summary>
    [Fact]
    public void AHugePageOfZerosIsSplitBeforeItsFirstWriteIsLogged()
    {
        _world.Map(0, Pages);
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.HugePage));
        Assert.Equal(0, _world.Peek(3));
        using DirtyLog log = _world.Memory.OpenDirtyLog(WriteSources.Processor);
        _world.Touch(5);
        _world.Verify();
        Assert.Equal([World.At(5).Page], log.CollectDirty().ToArray());
        _world.Verify();
    }

    [Theory]
    [InlineData(MapFlags.Private)]
    [InlineData(MapFlags.Shared)]
    public void APageOfThePoolIsSoftDirtyAsAWhole(MapFlags type)
    {
        MapPool(type);
        _world.Touch(0);
        for (int round = 0; round < 3; round++)
        {
            World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
            _world.Verify();
            Assert.Equal(1, _world.Peek(0));
            Assert.Equal((false, false), (IsSoftDirty(0), IsSoftDirty(300)));
            _world.Touch(300);
            Assert.Equal((true, true), (IsSoftDirty(0), IsSoftDirty(300)));
            _world.Verify();
            World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(Pages), MemoryProtection.Read));
            World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(Pages), MemoryProtection.ReadWrite));
            _world.Verify();
        }

        _world.AssertNothingIsLeft();
    }

    private bool IsSoftDirty(int page) => _world.Memory.ReadPagemap(World.At(page).Page).IsSoftDirty;
}
