namespace Paging.Native.Collections;

/// <summary>Gives an AVL tree access to the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface IAvlNodes
{
    /// <summary>The links within a record.</summary>
    ref AvlLinks Links(uint node);
}
