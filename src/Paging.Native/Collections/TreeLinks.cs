namespace Paging.Native.Collections;

//  31                                            2 1       0
// ┌───────────────────────────────────────────────┬─────────┐
// │                    parent                     │  mark   │   AVL: 00 even   01 the right side is deeper   11 the left side is deeper
// ├───────────────────────────────────────────────┴─────────┤   red-black: 00 red   01 black
// │                          left                           │   the child with the lower keys; 0 none
// ├─────────────────────────────────────────────────────────┤
// │                          right                          │   the child with the higher keys; 0 none
// └─────────────────────────────────────────────────────────┘
/// <summary>
/// The links of a record in a balanced tree: 12 bytes. Only the tree that a record is in writes them.
/// </summary>
/// <remarks>Indexes stay below 2^30. Windows keeps the balance in the same place: the low two bits of a VAD's parent pointer.</remarks>
internal struct TreeLinks
{
    /// <summary>The parent's index above the mark.</summary>
    public uint ParentAndMark;

    /// <summary>The child with the lower keys; 0 none.</summary>
    public uint Left;

    /// <summary>The child with the higher keys; 0 none.</summary>
    public uint Right;

    private const int ParentShift = 2;
    private const uint MarkMask = 3, Black = 1;

    /// <summary>The links of a node that is new below a parent, or 0: even or red, and without children.</summary>
    public static TreeLinks NewBelow(uint parent) => new() { ParentAndMark = parent << ParentShift };

    /// <summary>The parent; 0 for the root.</summary>
    public uint Parent
    {
        readonly get => ParentAndMark >> ParentShift;
        set => ParentAndMark = (value << ParentShift) | (ParentAndMark & MarkMask);
    }

    /// <summary>In an AVL tree: the depth of the right side less that of the left, -1, 0 or 1.</summary>
    public int Balance
    {
        readonly get => (int)(ParentAndMark << 30) >> 30;
        set => ParentAndMark = (ParentAndMark & ~MarkMask) | ((uint)value & MarkMask);
    }

    /// <summary>In a red-black tree: the colour. A new record, all zero, is red.</summary>
    public bool IsBlack
    {
        readonly get => (ParentAndMark & Black) != 0;
        set => ParentAndMark = value ? ParentAndMark | Black : ParentAndMark & ~Black;
    }
}
