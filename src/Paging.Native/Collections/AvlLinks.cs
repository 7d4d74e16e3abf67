namespace Paging.Native.Collections;

//  31                                            2 1       0
// ┌───────────────────────────────────────────────┬─────────┐
// │                    parent                     │ balance │   00 even   01 the right side is deeper   11 the left side is deeper
// ├───────────────────────────────────────────────┴─────────┤
// │                          left                           │   the child with the lower keys; 0 none
// ├─────────────────────────────────────────────────────────┤
// │                          right                          │   the child with the higher keys; 0 none
// └─────────────────────────────────────────────────────────┘
/// <summary>The links of a record in an AVL tree: 12 bytes. Written by <see cref="AvlTree{TNodes}"/> only.</summary>
/// <remarks>Indexes stay below 2^30. Windows keeps the balance in the same place: the low two bits of a VAD's parent pointer.</remarks>
internal struct AvlLinks
{
    /// <summary>The parent's index above the balance.</summary>
    public uint ParentAndBalance;

    /// <summary>The child with the lower keys; 0 none.</summary>
    public uint Left;

    /// <summary>The child with the higher keys; 0 none.</summary>
    public uint Right;

    private const int ParentShift = 2;
    private const uint BalanceMask = 3;

    /// <summary>The links of a node that is new below a parent, or 0: even and without children.</summary>
    public static AvlLinks NewBelow(uint parent) => new() { ParentAndBalance = parent << ParentShift };

    /// <summary>The parent; 0 for the root.</summary>
    public uint Parent
    {
        readonly get => ParentAndBalance >> ParentShift;
        set => ParentAndBalance = (value << ParentShift) | (ParentAndBalance & BalanceMask);
    }

    /// <summary>The depth of the right side less that of the left: -1, 0 or 1.</summary>
    public int Balance
    {
        readonly get => (int)(ParentAndBalance << 30) >> 30;
        set => ParentAndBalance = (ParentAndBalance & ~BalanceMask) | ((uint)value & BalanceMask);
    }
}
