using Paging.Core.Areas;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.ReverseMapping;

/// <summary>Drops every cached translation for writing to a frame. The entries stay, so the next store only misses.</summary>
/// <remarks>Linux: the flush of try_to_unmap_flush_dirty (mm/rmap.c) before a page is written out.</remarks>
internal struct WriterStop : IMappingVisitor
{
    public readonly void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry) => space.Translations.ForgetWrite(page);
}
