namespace Paging.Native.Collections;

/// <summary>The links of a record in a list: 8 bytes. Written by <see cref="IntrusiveList"/> only.</summary>
internal struct ListLinks
{
    /// <summary>The next item; 0 after the last.</summary>
    public uint Next;

    /// <summary>The previous item; 0 before the first.</summary>
    public uint Previous;
}
