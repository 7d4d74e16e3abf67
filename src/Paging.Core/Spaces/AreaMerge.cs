using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>A range that is about to be mapped or changed, and the neighbours that may be joined with it.</summary>
/// <remarks><see cref="Middle"/> is none if the range is still free. Linux: struct vma_merge_struct.</remarks>
internal struct AreaMerge
{
    public AreaIndex Previous, Middle, Next;
    public PageNumber First, End;
    public FilePage PageOffset;
    public AreaFlags Flags;
    public int Reporter;
    public OpenFileIndex File;
    public AnonymousRootIndex Root;

    /// <summary>The area that mremap moves or duplicates to the range. Its history comes along.</summary>
    public AreaIndex CopiedFrom;

    /// <summary>True if only the area below may grow over the range (brk).</summary>
    public bool OnlyBelow;

    public readonly PageCount Count => End - First;

    /// <summary>Describes a change of flags in part of an area. Linux: VMG_VMA_STATE.</summary>
    public static AreaMerge OfChange(in Area area, AreaIndex index, PageRange part, AreaFlags flags, int reporter) => new()
    {
        Previous = area.First < part.First ? index : area.Previous,
        Middle = index,
        First = part.First,
        End = part.End,
        PageOffset = area.OffsetOf(part.First),
        Flags = flags,
        Reporter = reporter,
        File = area.File,
        Root = area.Root,
    };
}
