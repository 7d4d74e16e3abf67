using Paging.Core.Files;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Core;

/// <summary>The frames of an engine's RAM: counts them, lends some to the host, and refuses one where a test asks for it.</summary>
public sealed class EngineFrames
{
    private readonly PagingEngine _engine;

    internal EngineFrames(PagingEngine engine) => _engine = engine;

    /// <summary>Returns the number of frames in a state.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such state.</exception>
    public FrameCount CountOf(FrameState state)
    {
        if (state > FrameState.Allocated) throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state of a frame.");
        return _engine.Entered.Machine.Frames.CountOf(state);
    }

    /// <summary>Returns a copy of a frame's descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond RAM.</exception>
    public FrameDescriptor Describe(FrameNumber frame) => _engine.Parts.Machine.DescribeFrame(frame);

    /// <summary>Counts the zones, lowest first; one that RAM does not reach has no frames.</summary>
    /// <remarks>Cost: one pass over the frame descriptors and one over the entries of locked areas. Allocates.</remarks>
    public IReadOnlyList<ZoneMemory> CountZones()
    {
        using SlowPathHold hold = _engine.Hold();
        return _engine.Parts.Counting.RunZones();
    }

    /// <summary>The numbers of frames that should be free. Below the low mark, RunBackground frees some.</summary>
    public Watermarks Watermarks => _engine.Entered.Reclaim.Reclaimer.Watermarks;

    /// <summary>Takes 2^order consecutive frames for the host's own use, such as a device's memory.</summary>
    /// <returns>False if there is no such block.</returns>
    public bool TryTake(int order, out FrameNumber first)
    {
        using SlowPathHold hold = _engine.Hold();
        return _engine.Parts.Machine.TryTakeForHost(order, needsLow: false, out first);
    }

    /// <summary>Takes 2^order consecutive frames below 896 MiB for the host's own use, such as tables that CR3 leads to.</summary>
    /// <remarks><see cref="Return"/> gives them back. Linux: alloc_pages without __GFP_HIGHMEM.</remarks>
    /// <returns>False if there is no such block.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The order is not 0 to 10.</exception>
    public bool TryTakeLow(int order, out FrameNumber first)
    {
        using SlowPathHold hold = _engine.Hold();
        return _engine.Parts.Machine.TryTakeForHost(order, needsLow: true, out first);
    }

    /// <summary>Gives back the frames that <see cref="TryTake"/> returned.</summary>
    /// <exception cref="ArgumentException">The frames are not 2^order frames that the host took.</exception>
    public void Return(FrameNumber first, int order)
    {
        using SlowPathHold hold = _engine.Hold();
        FreeLists.CheckOrder(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first.Value + (1ul << order), _engine.Ram.FrameCount.Value, nameof(first));
        for (uint i = 0; i < 1u << order; i++)    // all of them, before any is freed
            _engine.Parts.Machine.RequireTaken(first + new FrameCount(i), nameof(first));
        foreach (FileObject file in _engine.Parts.Files.OpenFiles.Objects)
        {
            bool isShown = file is { IsAlive: true, Kind: FileKind.Device, Device: null }    // no device: a file of the host's frames
                && first.Value < file.HostFrames.Value + file.PageLimit && file.HostFrames.Value < first.Value + (1ul << order);
            if (isShown) throw new ArgumentException($"Frames of this block are still shown by '{file.Name}'.", nameof(first));
        }

        _engine.Parts.Machine.Allocator.FreeBlock(first, order);
    }

    /// <summary>Moves pages until the free frames of RAM lie together as far as they can. Linux: /proc/sys/vm/compact_memory.</summary>
    /// <returns>The number of pages that were moved.</returns>
    /// <remarks>
    /// Page tables, frames of the host, pinned pages, pages that snapshots hold, and huge pages stay where they are. An allocation of a
    /// huge page that finds no block compacts as far as it needs. Cost: O(frames of RAM), and a copy per moved page.
    /// </remarks>
    public FrameCount Compact()
    {
        using SlowPathHold hold = _engine.Hold();
        return new(_engine.Parts.Reclaim.Compactor.RunAll());
    }

    /// <summary>Refuses one allocation, for tests: of a frame, a page table, or a record in native memory.</summary>
    /// <param name="number">1 refuses the next allocation, 2 the one after it, and so on; 0 refuses none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public void RefuseAllocation(int number)
    {
        using SlowPathHold hold = _engine.Hold();
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        _engine.Parts.Machine.Injection.FailAtAllocation = number;
    }

    /// <summary>True until the allocation to be refused has been attempted.</summary>
    public bool IsRefusalPending
    {
        get
        {
            using SlowPathHold hold = _engine.Hold();
            return _engine.Parts.Machine.Injection.FailAtAllocation != 0;    // counts down to the refusal
        }
    }
}
