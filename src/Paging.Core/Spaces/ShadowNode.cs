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
