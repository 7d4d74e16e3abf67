namespace Paging.Native.Collections;

/// <summary>Gives a list access to the records it is made of. A struct around the slab, so that calls are inlined.</summary>
internal interface ILinkedItems
{
    /// <summary>The links within a record.</summary>
    ref ListLinks Links(uint item);
}
