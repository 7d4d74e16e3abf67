using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>RAM, its frame table and its allocator, made and disposed together.</summary>
internal sealed class FrameWorld : IDisposable
{
    /// <summary>Makes RAM of a size and reserves frames of it, beside frame 0.</summary>
    public FrameWorld(FrameCount ram, params uint[] reserved)
    {
        Ram = new(ram, requestHugePages: false);
        Frames = new(ram);
        foreach (uint frame in reserved) Frames.Move(new(frame), FrameState.Reserved);
        Buddy = new(Ram, Frames, Injection);
    }

    public PhysicalMemory Ram { get; }

    public FrameTable Frames { get; }

    public BuddyAllocator Buddy { get; }

    /// <summary>The free blocks of each order, from order 0 on, as one line.</summary>
    public string FreeBlocks => string.Join(' ', Enumerable.Range(0, FreeLists.OrderMax + 1).Select(Buddy.FreeBlocks));

    public FaultInjection Injection { get; } = new();

    /// <summary>One frame, which must be there.</summary>
    public FrameNumber Allocate(FrameState purpose = FrameState.Anonymous)
    {
        Assert.True(Buddy.TryAllocate(purpose, out FrameNumber frame));
        return frame;
    }

    /// <summary>One block, which must be there.</summary>
    public FrameNumber AllocateBlock(int order, FrameState purpose = FrameState.Kernel)
    {
        Assert.True(Buddy.TryAllocateBlock(order, purpose, out FrameNumber first));
        return first;
    }

    /// <summary>Every frame that is left.</summary>
    public List<FrameNumber> AllocateAll()
    {
        List<FrameNumber> all = [];
        while (Buddy.TryAllocate(FrameState.Anonymous, out FrameNumber frame)) all.Add(frame);
        return all;
    }

    /// <summary>Both audits find nothing.</summary>
    public void AssertClean() => Audits.AssertClean(Frames.Audit, Buddy.Audit);

    public void Dispose()
    {
        Frames.Dispose();
        Ram.Release();
    }
}
