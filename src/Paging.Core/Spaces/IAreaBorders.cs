using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>Receives the borders at which areas are cut. The page tables implement it, because areas must not depend on them.</summary>
internal interface IAreaBorders
{
    /// <summary>Splits the transparent huge page that lies across a new border, if there is one. Cannot fail.</summary>
    /// <remarks>Linux: vma_adjust_trans_huge.</remarks>
    void Split(PageNumber border);
}
