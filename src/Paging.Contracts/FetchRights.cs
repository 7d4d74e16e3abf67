namespace Paging.Core;

/// <summary>The right that a fetch of code needs.</summary>
public enum FetchRights : byte
{
    /// <summary>What the page tables allow, as on an x86: classic entries have no NX, so readable pages can be executed.</summary>
    /// <remarks>Under PAE an area without the right to execute has NX in its entries. Intel SDM volume 3A, 4.6.</remarks>
    Tables,

    /// <summary>The area's right to execute, in either format: for processors of other kinds, whose tables have the bit.</summary>
    Areas,
}
