namespace Paging.Native.Tables;

/// <summary>The entries of a range of pages that are not zero, in order. Each step reads the tables as they are then.</summary>
internal struct TouchedEntries(PageTables tables, PageRange range)
{
    private PageNumber _next = range.First, _page;
    private PageTableEntry _entry;

    public readonly (PageNumber Page, PageTableEntry Entry) Current => (_page, _entry);

    public readonly TouchedEntries GetEnumerator() => this;

    public bool MoveNext()
    {
        bool isFound = tables.TryNextTouched(_next, range.End, out _page, out _entry);
        _next = _page + PageCount.One;
        return isFound;
    }
}
