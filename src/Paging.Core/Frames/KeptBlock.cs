using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Frames;

/// <summary>The bytes of a huge page of the pool at a snapshot.</summary>
/// <param name="copy">Room for them in memory of the host, which is committed when they are copied.</param>
internal sealed class KeptBlock(HostBlock copy)
{
    /// <summary>The bytes, once they were copied.</summary>
    public HostBlock Copy { get; } = copy;

    /// <summary>True if <see cref="Copy"/> has the bytes.</summary>
    public bool IsCopied { get; set; }

    /// <summary>The page that still has these bytes; frame 0: none.</summary>
    public FrameNumber Block { get; set; }

    /// <summary>The number of pages, in snapshots, that had these bytes.</summary>
    public int HolderCount { get; set; }
}
