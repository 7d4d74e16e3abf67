namespace Paging.Native;

/// <summary>How a red-black tree reaches the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface IRedBlackNodes
{
    /// <summary>The links within a record.</summary>
    ref RedBlackLinks Links(uint node);

    /// <summary>Works out again what a node remembers about its subtree, from itself and its two children.</summary>
    /// <returns>True when that changed, so that the parent must be asked as well.</returns>
    /// <remarks>What is remembered may depend on the set and order of the subtree's records, not on its shape: rotations rely on it.</remarks>
    bool Recompute(uint node);
}
