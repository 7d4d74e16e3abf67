using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Core.Tracking;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Snapshots;

/// <summary>What the contents of shared memory need of the engine to go back.</summary>
internal sealed record ContentSupplies(
    PhysicalMemory Ram, FrameTable Frames, BuddyAllocator Allocator, OpenFileTable Files, PageCache Cache, PageFiller Filler,
    SharedMemorySwap SharedSwap, SwapSpace Swap, MemoryPressure Pressure, WriteTracking Writes, PinTable Pins);
