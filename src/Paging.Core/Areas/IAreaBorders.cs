using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>What areas ask of the page tables, which are above them, when one is cut.</summary>
internal interface IAreaBorders
{
    /// <summary>A border comes to lie there: a transparent huge page across it becomes small ones. Cannot fail.</summary>
    /// <remarks>Linux: vma_adjust_trans_huge.</remarks>
    void Split(PageNumber border);
}
