using Paging.Native.Tables;

namespace Paging.Native;

/// <summary>The rights and the caching of a new page-table entry. The values are the entry's own bits.</summary>
[Flags]
public enum PageAccess : ulong
{
    /// <summary>The kernel may read.</summary>
    None = 0,

    /// <summary>RW: writing is allowed too.</summary>
    Write = EntryBits.Writable,

    /// <summary>US: user mode is allowed too. A page of PROT_NONE keeps its frame by being present without it.</summary>
    User = EntryBits.User,

    /// <summary>PWT: writes go through the cache. Kept, and without effect here.</summary>
    WriteThrough = EntryBits.WriteThrough,

    /// <summary>PCD: not cached. Kept, and without effect here.</summary>
    CacheDisabled = EntryBits.CacheDisabled,

    /// <summary>G: survives a change of CR3 in a processor's own buffers. Kept, and without effect here.</summary>
    Global = EntryBits.Global,

    /// <summary>XD: no instruction may be fetched. Under PAE only; classic tables drop it.</summary>
    NoExecute = EntryBits.NoExecute,
}
