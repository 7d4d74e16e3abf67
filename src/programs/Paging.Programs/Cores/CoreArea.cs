using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>A memory area of a core file.</summary>
/// <param name="Range">Its pages. Programs of a 64-bit kernel have their stack above 3 GiB.</param>
/// <param name="Protection">Its rights.</param>
/// <param name="FileName">The mapped file; empty if it maps none, or the core file has no list of files.</param>
/// <param name="FileOffset">The offset of its first page in that file.</param>
public sealed record CoreArea(PageRange Range, MemoryProtection Protection, string FileName, FilePage FileOffset)
{
    /// <summary>The number of its pages that the core file has, from the first one on.</summary>
    public PageCount Dumped { get; init; }

    /// <summary>The same before the file was cut.</summary>
    internal PageCount Promised { get; init; }

    /// <summary>The place of its first byte in the core file.</summary>
    internal long Offset { get; init; }
}
