using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>One entry maps a line of shared memory: the dirty state of the leaf passes to each of its pages.</summary>
public sealed class SharedLeafTests
{
    /// <summary>Written through the leaf, all its pages are dirty when it goes, so that none is taken for a page of zeros.</summary>
    /// <remarks>Linux: zap_huge_pmd, folio_mark_dirty of the whole folio.</remarks>
    [Fact]
    public void EveryPageOfAWrittenLeafStaysDirty()
    {
        using HugeWorld world = new();
        int each = world.PagesEach;
        uint bytes = (uint)each << 12;
        World.Succeeds(world.Memory.Map(HugeWorld.At(0), bytes, MemoryProtection.ReadWrite, World.SharedFixed, out _));
        World.Succeeds(world.Memory.Remap(HugeWorld.At(0), 0, bytes, RemapFlags.MayMove | RemapFlags.Fixed, HugeWorld.At(4 * each), out _));
        for (int page = 0; page < each; page++) _ = world.Memory.Mmu.Read<uint>(HugeWorld.At(page));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), bytes, MemoryAdvice.Collapse));
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(0).Page, out PageTableEntry leaf) && !leaf.Software3);
        for (int page = 0; page < each; page++) world.Memory.Mmu.Write(HugeWorld.At(page), (uint)page + 1);
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), bytes));
        for (uint page = 0; page < each; page++)
        {
            ref FrameDescriptor frame = ref world.Engine.Parts.Machine.Frames.Named(leaf.Frame + new FrameCount(page));
            Assert.Equal((page, true), (page, (frame.Flags & PageFlags.Dirty) != 0));
        }

        for (int page = 0; page < each; page++) Assert.Equal((uint)page + 1, world.Memory.Mmu.Read<uint>(HugeWorld.At((4 * each) + page)));
        world.Audit();
    }
}
