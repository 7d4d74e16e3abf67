using Paging.Native;

namespace Paging.Core.Files;

/// <summary>A run of pages of an object: from <paramref name="First"/> up to, but not including, <paramref name="End"/>.</summary>
/// <remarks>Empty if the end is not beyond the first page. Linux: the pairs of pgoff_t in mm/truncate.c.</remarks>
/// <param name="First">The first page.</param>
/// <param name="End">The index after the last page, in 64 bits: it may lie beyond the last page that can be numbered.</param>
internal readonly record struct FilePageRange(FilePage First, ulong End)
{
    /// <summary>Every page of an object.</summary>
    public static FilePageRange All => From(FilePage.First);

    public bool IsEmpty => End <= First.Value;

    /// <summary>The number of pages in the range.</summary>
    public ulong Length => IsEmpty ? 0 : End - First.Value;

    /// <summary>Every page from this one on.</summary>
    public static FilePageRange From(FilePage first) => new(first, ulong.MaxValue);

    /// <summary>A number of pages from this one on.</summary>
    public static FilePageRange Of(FilePage first, ulong count) => new(first, first.Value + count);

    /// <summary>The pages that hold at least one byte of a part of the object that begins in a page that can be numbered.</summary>
    public static FilePageRange Touching(long offset, long byteLength) =>
        new(FilePage.Containing(offset), ((ulong)offset + (ulong)byteLength + VirtualAddress.OffsetMask) >> VirtualAddress.PageShift);

    /// <summary>True if the page lies before the end. For pages found by a search from <see cref="First"/> on.</summary>
    public bool Includes(FilePage page) => page.Value < End;
}
