namespace Paging.Native.Collections;

/// <summary>How a red-black tree reaches the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface IRedBlackNodes
{
    /// <summary>The links within a record.</summary>
    ref RedBlackLinks Links(uint node);

    /// <summary>Works out again what a node remembers about its subtree, from itself and its two children.</summary>
    /// <returns>True when that changed, so that the parent must be asked as well.</returns>
    /// <remarks>
    /// What is remembered may depend on the set and order of the subtree's records, not on its shape: rotations rely on it.
    /// </remarks>
    bool Recompute(uint node);

    /// <summary>
    /// Recomputes a node, and upward from it until nothing changes. What stands above is right for what the node remembers now.
    /// </summary>
    void Propagate(uint node);

    /// <summary>A node that takes another one's place remembers what that one did: what stands above is as right as before.</summary>
    void TakeOver(uint node, uint from);
}
