using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The block of a transparent huge page: whether one leaf alone uses it, how often its frames are mapped, and splitting.</summary>
/// <remarks>Linux: folio_mapcount, folio_maybe_mapped_shared, split_folio_to_list, lru_add_split_folio.</remarks>
public sealed class BlockStateTests
{
    /// <summary>One extra reference on any frame of the block is enough: a pin, a snapshot, another process.</summary>
    [Fact]
    public void ABlockIsSharedIfAnyFrameIsHeld()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.Write(3, 3);
        FrameNumber first = BlockOf(world);
        HugeBlocks blocks = world.Memory.Space.HugeLines.Blocks;
        FrameTable frames = world.Engine.Parts.Machine.Frames;
        Assert.True(blocks.IsAlone(first));
        blocks.EnsureTails(first);    // as whoever holds a part does first
        for (uint i = 0; i < blocks.FramesEach; i++)
        {
            ref FrameDescriptor part = ref frames[first + new FrameCount(i)];
            part.ReferenceCount++;
            Assert.False(blocks.IsAlone(first), $"frame {i} is held");
            part.ReferenceCount--;
            part.MapCount++;
            part.ReferenceCount++;
            Assert.False(blocks.IsAlone(first), $"frame {i} is mapped by a small entry as well");
            part.MapCount--;
            part.ReferenceCount--;
        }

        frames[first].Private++;
        Assert.False(blocks.IsAlone(first));
        frames[first].Private--;
        Assert.True(blocks.IsAlone(first));
        world.Verify();
    }

    /// <summary>Leaves count for each frame; a small entry only for its own.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void EachFrameCountsItsMappings(int children)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        FrameNumber first = BlockOf(world);
        UserProcess[] family = [world.Process, .. Enumerable.Range(0, children).Select(_ => world.Process.Fork())];
        HugeBlocks blocks = world.Memory.Space.HugeLines.Blocks;
        Check((uint)family.Length, 0);
        World.Succeeds(family[^1].Memory.Advise(HugeWorld.At(5), 4096, MemoryAdvice.DontNeed));    // splits its leaf
        Check((uint)family.Length - 1, 1);
        Assert.Equal(FrameState.Anonymous, world.Engine.Parts.Machine.Frames[first].State);
        world.Audit();

        void Check(uint leaves, uint split)
        {
            Assert.Equal(leaves, blocks.LeavesOf(first));
            for (uint i = 0; i < blocks.FramesEach; i++)
            {
                FrameNumber part = first + new FrameCount(i);
                uint small = split - (i == 5 ? split : 0);
                if (leaves + small == 0) continue;    // gone
                Assert.Equal((leaves + small, first), (blocks.MappingsOf(part), blocks.FirstOf(part)));
                Assert.Equal(leaves, blocks.LeavesOf(part));
            }
        }
    }

    /// <summary>Reclaim that is pointed at a block breaks it up, and frees the frame that was asked for.</summary>
    [Fact]
    public void AnEvictedBlockBreaksUpFirst()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        FrameNumber first = BlockOf(world);
        ReclaimCounters counters = default;
        HugeCounters before = world.Huge;
        Assert.Equal(EvictionResult.Freed, world.Engine.Parts.Reclaim.Eviction.Evict(first, isWritten: true, ref counters));
        Assert.Equal((1L, 1L, 0L), (counters.Reclaimed, counters.SwapWrites, counters.ReclaimedFile));
        Assert.Equal((before.PagesSplit + 1, before.SwapOutsSplit + 1, before.EntriesSplit + 1),
            (world.Huge.PagesSplit, world.Huge.SwapOutsSplit, world.Huge.EntriesSplit));
        Assert.Equal((0, 511L, 1L), (world.CountHugeLines(1), world.Memory.Space.Statistics.ResidentAnonymous,
            world.Memory.Space.Statistics.Swapped));
        world.Audit();
        world.Verify();
    }

    /// <summary>A policy sees the pages of a block from the moment on at which it breaks up, each with its name.</summary>
    [Fact]
    public void APolicyIsNotifiedOfThePagesOfASplitBlock()
    {
        PolicyRecord record = new();
        using HugeWorld world = new(limited: new()
        {
            Limit = FrameCount.MiB(8),
            CountsTables = false,
            Policy = ReclaimPolicy.Of(_ => new RecordedPolicy(record))
        });
        world.MapLines(0, 1);
        world.Write(3, 3);
        FrameNumber first = BlockOf(world);
        ulong whole = Assert.Single(record.Pages).Value;
        Assert.True(world.Engine.Parts.Machine.Lists.HasPolicyIn(in world.Engine.Parts.Machine.Frames[first]));
        Assert.False(world.Engine.Parts.Machine.Lists.HasPolicyIn(in world.Engine.Parts.Machine.Frames[default]));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(5), 4096, MemoryAdvice.DontNeed));
        Assert.Equal(511, record.Pages.Count);
        Assert.Equal(Enumerable.Range(0, 512).Where(static page => page != 5).Select(page => whole + (ulong)page),
            record.Pages.Values.Order());
        Assert.Equal(511u, world.Group!.Usage.Value);
        world.Audit();
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), 512 * 4096));
        Assert.Empty(record.Pages);
        Assert.Equal(0u, world.Group.Usage.Value);
    }

    /// <summary>Compaction leaves a block and the pages of a policy where they are, and moves them when they are neither.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PagesOfAPolicyOrALeafDoNotMove(bool hasPolicy)
    {
        using HugeWorld world = new(limited: new()
        {
            Limit = FrameCount.MiB(8),
            CountsTables = false,
            Policy = hasPolicy ? ReclaimPolicy.Of(_ => new RecordedPolicy(new())) : null
        });
        Composition.FileParts files = world.Engine.Parts.Files;
        Composition.MachineParts machine = world.Engine.Parts.Machine;
        PageMover mover = new(machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
        world.MapLines(0, 1);
        world.Write(3, 3);
        FrameNumber first = BlockOf(world);
        for (uint i = 0; i < 512; i++) Assert.False(mover.MayMove(in machine.Frames[first + new FrameCount(i)]));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(5), 4096, MemoryAdvice.DontNeed));
        for (uint i = 0; i < 512; i++)
            Assert.Equal(!hasPolicy && i != 5, mover.MayMove(in machine.Frames[first + new FrameCount(i)]));
        world.Audit();
    }

    private static FrameNumber BlockOf(HugeWorld world)
    {
        Assert.True(world.Memory.Space.Tables.Huge.TryRead(HugeWorld.At(0).Page, out PageTableEntry entry));
        return entry.Frame;
    }
}
