using Paging.Core.Frames;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>mmap with arguments at their limits, and the flags that it leaves in the area. Linux: mm/mmap.c do_mmap.</summary>
public sealed class MapEdgeTests
{
    /// <summary>The offset in pages plus the pages must fit into 32 bits: EOVERFLOW where the sum is 2^32 or more.</summary>
    [Theory]
    [InlineData(0xFFFF_FFFEu, 1, Errno.None)]
    [InlineData(0xFFFF_FFFFu, 1, Errno.EOVERFLOW)]
    [InlineData(0xFFFF_FFF0u, 15, Errno.None)]
    [InlineData(0xFFFF_FFF0u, 16, Errno.EOVERFLOW)]
    public void AMappingEndsBefore2To32Pages(uint firstPage, int pageCount, Errno expected)
    {
        using World world = new();
        int descriptor = world.OpenFile("long", 1);
        const MapFlags here = MapFlags.Private | MapFlags.Fixed;
        Assert.Equal(expected, world.Memory.Map(
            World.At(0), World.Bytes(pageCount), MemoryProtection.Read, here, descriptor, (ulong)firstPage << 12, out _));
        world.AssertNothingIsLeft();
    }

    /// <summary>A length that is 2^32 when it is rounded is ENOMEM before the offset is looked at.</summary>
    [Fact]
    public void ALengthOfTheWholeAddressSpaceIsRefusedFirst()
    {
        using World world = new();
        int descriptor = world.OpenFile("long", 1);
        const ulong far = 0xFFFF_FFFFul << 12;
        World.Returns(Errno.ENOMEM, world.Memory.Map(
            World.At(0), 0xFFFF_F001, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, descriptor, far, out _));
        World.Returns(Errno.EOVERFLOW, world.Memory.Map(
            World.At(0), 0xFFFF_F000, MemoryProtection.Read, MapFlags.Private | MapFlags.Fixed, descriptor, far, out _));
        world.AssertNothingIsLeft();
    }

    /// <summary>A stack gets no huge pages: MAP_STACK is VM_NOHUGEPAGE. Linux: include/linux/mman.h calc_vm_flag_bits.</summary>
    [Fact]
    public void AStackGetsNoHugePages()
    {
        using World world = new();
        world.Map(0, 1, more: MapFlags.Stack);
        world.Map(10, 1);
        Assert.Equal([true, false], world.Memory.Areas.Snapshot().Select(static area => (area.Flags & AreaFlags.NoHugePage) != 0));
    }

    /// <summary>The accessed bit goes with the entry, so the page keeps the news.</summary>
    /// <remarks>Linux: zap_present_folio_ptes, folio_mark_accessed.</remarks>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APageThatWasUsedIsMarkedWhenItIsUnmapped(bool isTouched)
    {
        using World world = new();
        int descriptor = world.Open(world.CreateBacked(new(4 * 4096)));
        world.MapFile(descriptor, 0, 4, protection: MemoryProtection.Read);
        _ = world.Peek(0);
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All));    // as if never used
        if (isTouched) _ = world.Peek(0);
        PageNumber page = World.At(0).Page;
        PageTableEntry entry = world.Memory.Space.Tables.Read(page);
        Assert.Equal((true, isTouched), (entry.IsPresent, entry.IsAccessed));
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(4)));
        Assert.Equal(isTouched, (world.Machine.Frames.Named(entry.Frame).Flags & PageFlags.Referenced) != 0);
        world.AssertNothingIsLeft();
    }

    /// <summary>smaps calls a page referenced for a use that is only marked at the page, too.</summary>
    /// <remarks>Linux: smaps_account, folio_test_referenced.</remarks>
    [Theory]
    [InlineData(false, 0ul)]
    [InlineData(true, 4096ul)]
    public void AUseThatAnotherViewHadCountsAsReferenced(bool isTouched, ulong referenced)
    {
        using World world = new();
        int descriptor = world.Open(world.CreateBacked(new(4096)));
        foreach (int page in (int[])[0, 10])
        {
            world.MapFile(descriptor, page, 1, protection: MemoryProtection.Read);
            _ = world.Peek(page);
        }

        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All));
        if (isTouched) _ = world.Peek(0);
        World.Succeeds(world.Memory.Unmap(World.At(0), 4096));
        Assert.Equal(referenced, world.Memory.Footprint.Referenced);
    }
}
