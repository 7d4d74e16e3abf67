using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

/// <summary>The frames of RAM: their bytes, their descriptors, who hands them out, and on which list of which group each waits.</summary>
/// <remarks>For parts that take frames, charge, list and free them. One that only reads descriptors takes those.</remarks>
/// <param name="Ram">The bytes.</param>
/// <param name="Frames">The descriptors.</param>
/// <param name="Allocator">Hands out free frames, and takes them back.</param>
/// <param name="Lists">Charges groups for frames, and orders them for reclaim.</param>
internal sealed record FrameStore(PhysicalMemory Ram, FrameTable Frames, BuddyAllocator Allocator, FrameLists Lists);
