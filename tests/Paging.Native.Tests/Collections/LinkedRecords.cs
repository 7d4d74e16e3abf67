using Paging.Native.Collections;

namespace Paging.Native.Tests;

/// <summary>Records with nothing but links, indexes 1 to 63, for lists.</summary>
internal sealed class LinkedRecords
{
    private readonly ListLinks[] _links = new ListLinks[64];

    public Items All => new(_links);

    public readonly struct Items(ListLinks[] links) : ILinkedItems
    {
        public ref ListLinks Links(uint item) => ref links[item];
    }
}
