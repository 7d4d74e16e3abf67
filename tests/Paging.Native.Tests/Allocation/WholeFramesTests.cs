using Paging.Native.Allocation;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Blocks that are handed out whole: shown as in use, written at the first frame only, and freed without a trace.</summary>
public sealed class WholeFramesTests
{
    private const uint Each = 1 << FrameTable.ClassicHugeOrder;
    private static readonly FrameHeader Header = FrameHeader.Of(FrameState.Anonymous, FrameFlags.Owner6, 0, 0);

    [Fact]
    public void OnlyTheFirstDescriptorIsWrittenAndAllAreShown()
    {
        using FrameWorld world = new(FrameCount.MiB(16));
        string before = world.FreeBlocks;
        uint free = world.Buddy.FreeFrames.Value;
        Assert.True(world.Buddy.TryAllocateWhole(Header, out FrameNumber first));
        Assert.Equal(free - Each, world.Buddy.FreeFrames.Value);
        for (uint i = 0; i < Each; i++)
        {
            FrameNumber frame = first + new FrameCount(i);
            FrameDescriptor shown = world.Frames.Describe(frame);
            Assert.Equal((Header, 1u), (shown.Header, shown.ReferenceCount));
            Assert.Equal(i == 0 ? Header : default, world.Frames[frame].Header);
        }

        world.AssertClean();
        world.Buddy.FreeWhole(first);
        Assert.Equal(before, world.FreeBlocks);
        Assert.Equal(FrameState.Free, world.Frames.Describe(first + new FrameCount(1)).State);
        world.AssertClean();
    }

    [Fact]
    public void WrittenDescriptorsAreThoseOfFramesOfTheirOwn()
    {
        using FrameWorld world = new(FrameCount.MiB(16));
        string before = world.FreeBlocks;
        Assert.True(world.Buddy.TryAllocateWhole(Header, out FrameNumber first));
        world.Frames.WriteTails(first);
        Assert.False(world.Frames.Wholes.Has(first));
        for (uint i = 0; i < Each; i++) Assert.Equal(Header, world.Frames[first + new FrameCount(i)].Header);
        world.AssertClean();
        for (uint i = 0; i < Each; i++) world.Buddy.Free(first + new FrameCount(i));
        world.Buddy.Drain();
        Assert.Equal(before, world.FreeBlocks);
        world.AssertClean();
    }

    [Fact]
    public void AWriteBehindTheFirstDescriptorBreaksARule()
    {
        using FrameWorld world = new(FrameCount.MiB(16));
        Assert.True(world.Buddy.TryAllocateWhole(Header, out FrameNumber first));
        world.Frames[first + new FrameCount(7)].Next = 2;
        AuditReport report = new();
        world.Frames.Audit(report);
        Assert.True(report.Names("F9"));
    }
}
