namespace Paging.Native.Collections;

/// <summary>How an AVL tree reaches the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface IAvlNodes
{
    /// <summary>The links within a record.</summary>
    ref AvlLinks Links(uint node);
}
