using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The special rules of areas of huge pages from the pool: the places where they may be cut, and their flags.</summary>
/// <remarks>
/// Three flags have a meaning only there; <see cref="AreaFlags"/> leaves their bits free.
/// Linux: VM_HUGETLB, hugetlb_vm_op_split, vm_private_data.
/// </remarks>
internal static class PoolAreas
{
    /// <summary>The pages that the area does not map yet are reserved for its process (K4). Linux: HPAGE_RESV_OWNER.</summary>
    public const AreaFlags Owner = (AreaFlags)(1u << 29);

    /// <summary>The owner took a page back from the area: a touch of a missing page is a bus error. Linux: HPAGE_RESV_UNMAPPED.</summary>
    public const AreaFlags Robbed = (AreaFlags)(1u << 30);

    /// <summary>The area has had a private page, so a fork copies its entries. Linux: anon_vma of a hugetlb area.</summary>
    public const AreaFlags HasOwn = (AreaFlags)(1u << 31);

    /// <summary>The flags that have a meaning only here.</summary>
    public const AreaFlags Flags = Owner | Robbed | HasOwn;

    /// <summary>The object of an area of the pool; null for any other area.</summary>
    public static FileObject? PoolObject(this AreaSet areas, in Area area)
    {
        if (area.File.IsNone) return null;
        FileObject file = areas.Files.ObjectOf(area.File);
        return file.IsHuge ? file : null;
    }

    /// <summary>True if an area is one of the pool.</summary>
    public static bool IsOfPool(this AreaSet areas, in Area area) => areas.PoolObject(area) is not null;

    /// <summary>True if an area may not be cut there, because a huge page of the pool lies across. Linux: hugetlb_vm_op_split.</summary>
    public static bool RefusesCut(this AreaSet areas, in Area area, PageNumber at) =>
        areas.PoolObject(area) is { } file && (at.Value & (file.HugePages.Value - 1)) != 0;

    /// <summary>The huge page of the object that a page of an area lies in.</summary>
    public static uint HugeIndexOf(this FileObject file, in Area area, PageNumber page) => area.OffsetOf(page).Value >> file.HugeOrder;

    /// <summary>The first page of the huge page that a page lies in.</summary>
    public static PageNumber HugeFirst(this FileObject file, PageNumber page) => new(page.Value & ~(file.HugePages.Value - 1));
}
