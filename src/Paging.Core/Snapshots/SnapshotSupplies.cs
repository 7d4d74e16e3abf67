using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Core.Snapshots;

/// <summary>The parts of an engine that the snapshots of its processes use.</summary>
internal sealed record SnapshotSupplies(
    FaultInjection Injection, FrameStore Store, OpenFileTable Files, PageCache Cache, PageFiller Filler, SharedMemorySwap SharedSwap,
    SwapSpace Swap, Commitment Commitment, MemoryPressure Pressure, WriteObservers Observers, KeptEviction Kept, PinTable Pins,
    PoolRestore Pool, HugeObjects Huge, PoolMappings PoolMappings, RestoreChecks Checks, LoadedImages Images);
