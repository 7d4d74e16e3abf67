namespace Paging.Native.Memory;

/// <summary>A way to copy or clear the 4096 bytes of a frame (<see cref="FrameBytes"/>).</summary>
internal enum FrameLoop
{
    /// <summary>A loop of 32-byte vectors with ordinary stores.</summary>
    Vectors32,

    /// <summary>A loop of 64-byte vectors with ordinary stores; that of 32 bytes on a host without them.</summary>
    Vectors64,

    /// <summary>The C library, which uses fast string moves on some hosts: they displace less of the nearest cache.</summary>
    Library,
}
