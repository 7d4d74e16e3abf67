using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>A range that is about to get, or to change, its agreement, and the neighbours that may become one with it.</summary>
/// <remarks>Linux: struct vma_merge_struct. <see cref="Middle"/> is none where the ground is still free.</remarks>
internal struct AreaMerge
{
    public AreaIndex Previous, Middle, Next;
    public PageNumber First, End;
    public uint PageOffset;
    public AreaFlags Flags;
    public OpenFileIndex File;
    public AnonymousRootIndex Root;

    /// <summary>The area that is being moved or doubled onto the range (mremap); its history comes along.</summary>
    public AreaIndex CopiedFrom;

    /// <summary>Only the area below may grow over the range (brk).</summary>
    public bool OnlyBelow;

    public readonly PageCount Count => End - First;

    /// <summary>A change of flags in part of an area. Linux: VMG_VMA_STATE.</summary>
    public static AreaMerge OfChange(in Area area, AreaIndex index, AreaIndex previous, PageNumber first, PageNumber end, AreaFlags flags) => new()
    {
        Previous = previous,
        Middle = index,
        First = first,
        End = end,
        PageOffset = area.OffsetOf(first),
        Flags = flags,
        File = area.File,
        Root = area.Root,
    };
}
