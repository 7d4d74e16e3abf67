namespace Paging.Native;

/// <summary>
/// A run of the host's own memory that has frame numbers beyond the end of RAM. See <see cref="PhysicalMemory.HostMemory"/>.
/// </summary>
/// <param name="First">The first frame.</param>
/// <param name="Count">The number of frames.</param>
/// <param name="Memory">The memory, as the host gave it. Code that keeps its address pins it.</param>
public readonly record struct HostMemory(FrameNumber First, FrameCount Count, Memory<byte> Memory);
