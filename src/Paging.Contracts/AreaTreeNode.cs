using Paging.Native;

namespace Paging.Core;

/// <summary>One area as a node of the red-black tree that lookups search.</summary>
/// <remarks>Linux until 6.1: struct rb_node vm_rb of vm_area_struct, below mm_rb.</remarks>
/// <param name="Range">Its pages.</param>
/// <param name="Parent">The index of its parent in the list of all nodes by address; -1 for the root.</param>
/// <param name="Depth">The number of nodes above it; 0 for the root.</param>
/// <param name="IsBlack">Its colour. The root is black, and a red node has no red child.</param>
public readonly record struct AreaTreeNode(PageRange Range, int Parent, int Depth, bool IsBlack);
