namespace Paging.Native.Collections;

/// <summary>Gives a red-black tree access to the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface IRedBlackNodes : ITreeNodes
{
    /// <summary>Recomputes the facts that a node caches about its subtree, from itself and its two children.</summary>
    /// <returns>True if they changed, so that the parent must be recomputed as well.</returns>
    /// <remarks>
    /// Cached facts may depend on the set and order of the subtree's records, but not on its shape: rotations rely on this.
    /// </remarks>
    bool Recompute(uint node);

    /// <summary>
    /// Recomputes a node, and upward from it until nothing changes. Its ancestors agree with the facts it caches on entry.
    /// </summary>
    void Propagate(uint node);

    /// <summary>Copies the cached facts of the node whose place this one takes, so that the ancestors stay as right as before.</summary>
    void TakeOver(uint node, uint from);
}

/// <summary>Gives a balanced tree access to the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface ITreeNodes
{
    /// <summary>The links within a record.</summary>
    ref TreeLinks Links(uint node);
}
