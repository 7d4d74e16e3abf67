using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Snapshots;

/// <summary>The parts of the engine that are needed to restore shared memory.</summary>
internal sealed record ContentSupplies(
    FrameStore Store, OpenFileTable Files, PageCache Cache, PageFiller Filler, SharedMemorySwap SharedSwap, SwapSpace Swap,
    MemoryPressure Pressure, WriteObservers Observers, PinTable Pins, RestoreChecks Checks);
