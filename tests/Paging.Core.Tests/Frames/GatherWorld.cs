using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RAM, frames, their allocator and the reclaim lists, without an engine.</summary>
internal sealed class GatherWorld : IDisposable
{
    private static readonly FrameCount Size = new(2048);

    public GatherWorld(uint framesOfBlock = 1)
    {
        Ram = new(Size, requestHugePages: false);
        Frames = new(Size);
        Lists = new(Frames, framesOfBlock);
        Allocator = new(Ram, Frames);
    }

    public PhysicalMemory Ram { get; }

    public FrameTable Frames { get; }

    public FrameLists Lists { get; }

    public BuddyAllocator Allocator { get; }

    /// <summary>A frame with one reference and no mapping.</summary>
    public FrameNumber NewFrame()
    {
        Assert.True(Allocator.TryAllocate(FrameState.Anonymous, out FrameNumber frame));
        return frame;
    }

    /// <summary>Every audit is clean, and no frame believes that it is mapped.</summary>
    public void AssertClean()
    {
        AuditReport report = new();
        for (uint frame = 0; frame < Size.Value; frame++)
            report.AddIfDifferent("F4", $"mappings of frame {frame:x5}", 0, Frames[new(frame)].MapCount);
        Frames.Audit(report);
        Allocator.Audit(report);
        Lists.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }

    public void Dispose()
    {
        Frames.Dispose();
        Ram.Release();
    }
}
