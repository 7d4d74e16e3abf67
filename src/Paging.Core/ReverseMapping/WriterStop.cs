using Paging.Core.Areas;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.ReverseMapping;

/// <summary>Takes away every cached right to write a frame. The entries stay: the next store misses, and finds its right again.</summary>
/// <remarks>Linux: the flush of try_to_unmap_flush_dirty (mm/rmap.c) before a page is written out.</remarks>
internal struct WriterStop : IMappingVisitor
{
    public readonly void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry) => space.Translations.ForgetWrite(page);
}
