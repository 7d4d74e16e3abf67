using System.Runtime.CompilerServices;

namespace Paging.Core.Spaces;

/// <summary>A node of a <see cref="ShadowTree"/>: 32 children, which are nodes, or pages in the lowest level.</summary>
internal sealed class ShadowNode
{
    /// <summary>The binary logarithm of <see cref="Count"/>.</summary>
    public const int Shift = 5;    // four levels share the 20 bits of a page number

    /// <summary>The number of children of a node.</summary>
    public const int Count = 1 << Shift;

    private Children _children;

    /// <summary>The tree that may change the node in place.</summary>
    public ShadowOwner Owner { get; set; }

    /// <summary>The children; null where nothing below is marked.</summary>
    public Span<object?> All => _children;

    [InlineArray(Count)]
    private struct Children
    {
        private object? _first;
    }
}

/// <summary>The tree that made a page or node, and the time. It may change both until its next <see cref="ShadowTree.Freeze"/>.</summary>
/// <param name="Tree">The tree; null: belongs to no tree, and never changes.</param>
/// <param name="Generation">The number of times that the tree had been frozen.</param>
internal readonly record struct ShadowOwner(ShadowTree? Tree, long Generation);
