namespace Paging.Native.Collections;

/// <summary>Gives a balanced tree access to the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface ITreeNodes
{
    /// <summary>The links within a record.</summary>
    ref TreeLinks Links(uint node);
}
