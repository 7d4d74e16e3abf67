namespace Paging.Native.Collections;

/// <summary>The links of a record in a red-black tree: 12 bytes. Written by <see cref="RedBlackTree{TNodes}"/> only.</summary>
internal struct RedBlackLinks
{
    /// <summary>The parent's index above the colour: <c>parent &lt;&lt; 1 | isBlack</c>. Indexes therefore stay below 2^31.</summary>
    public uint ParentAndColor;

    /// <summary>The child with the lower keys; 0 none.</summary>
    public uint Left;

    /// <summary>The child with the higher keys; 0 none.</summary>
    public uint Right;

    private const uint Black = 1;

    /// <summary>The links of a node that is new below a parent, or 0: red and without children.</summary>
    public static RedBlackLinks NewBelow(uint parent) => new() { ParentAndColor = parent << 1 };

    /// <summary>The parent; 0 for the root.</summary>
    public uint Parent
    {
        readonly get => ParentAndColor >> 1;
        set => ParentAndColor = (value << 1) | (ParentAndColor & Black);
    }

    /// <summary>The colour. A new record, all zero, is red.</summary>
    public bool IsBlack
    {
        readonly get => (ParentAndColor & Black) != 0;
        set => ParentAndColor = value ? ParentAndColor | Black : ParentAndColor & ~Black;
    }
}
