using System.Runtime.InteropServices;

namespace Paging.Bench.Worlds;

/// <summary>
/// What a C# programmer would write instead of a page table: a dictionary of pages, each allocated when it is first touched.
/// </summary>
/// <remarks>It has no rights, no areas, no dirty bits; a copy shares its pages until one side writes.</remarks>
internal sealed class DictionaryMemory : IDisposable
{
    private const int PageLength = 4096;

    private readonly Dictionary<uint, Page> _pages = [];

    /// <summary>Pages that were touched.</summary>
    public int PageCount => _pages.Count;

    /// <summary>Reads a word that lies within one page.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe uint Read(uint address) => *(uint*)(Find(address >> 12).Bytes + (address & 0xFFF));

    /// <summary>Reads a word that may lie in two pages.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe uint ReadAcross(uint address)
    {
        if ((address & 0xFFF) <= PageLength - sizeof(uint)) return Read(address);
        uint value = 0;
        for (int i = 0; i < sizeof(uint); i++, address++) value |= (uint)Find(address >> 12).Bytes[address & 0xFFF] << (8 * i);
        return value;
    }

    /// <summary>Writes a word that lies within one page.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe void Write(uint address, uint value)
    {
        Page page = Find(address >> 12);
        if (page.OwnerCount > 1) page = Unshare(address >> 12, page);
        *(uint*)(page.Bytes + (address & 0xFFF)) = value;
    }

    /// <summary>Copies whole pages out.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe void CopyOut(uint address, Span<byte> destination)
    {
        for (; !destination.IsEmpty; destination = destination[PageLength..], address += PageLength)
            new ReadOnlySpan<byte>(Find(address >> 12).Bytes, PageLength).CopyTo(destination);
    }

    /// <summary>Copies whole pages in.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe void CopyIn(uint address, ReadOnlySpan<byte> source)
    {
        for (; !source.IsEmpty; source = source[PageLength..], address += PageLength)
            source[..PageLength].CopyTo(new(Find(address >> 12).Bytes, PageLength));
    }

    /// <summary>Stores a byte everywhere in a range of whole pages.</summary>
    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    public unsafe void Fill(uint address, uint byteLength, byte value)
    {
        for (uint end = address + byteLength; address != end; address += PageLength) new Span<byte>(Find(address >> 12).Bytes,
            PageLength).Fill(value);
    }

    /// <summary>A copy that shares the pages until one side writes.</summary>
    public DictionaryMemory Fork()
    {
        DictionaryMemory child = new();
        child._pages.EnsureCapacity(_pages.Count);
        foreach ((uint number, Page page) in _pages)
        {
            page.OwnerCount++;
            child._pages.Add(number, page);
        }

        return child;
    }

    /// <summary>Takes pages away.</summary>
    public void Remove(uint address, int pageCount)
    {
        uint number = address >> 12;
        for (int i = 0; i < pageCount; i++, number++)
        {
            if (_pages.Remove(number, out Page? page)) Release(page);
        }
    }

    /// <summary>Takes all pages away.</summary>
    public void Clear()
    {
        foreach (Page page in _pages.Values) Release(page);
        _pages.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    private unsafe Page Find(uint number)
    {
        if (_pages.TryGetValue(number, out Page? page)) return page;
        page = new() { Bytes = NewBytes() };
        NativeMemory.Clear(page.Bytes, PageLength);
        _pages.Add(number, page);
        return page;
    }

    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    private unsafe Page Unshare(uint number, Page shared)
    {
        Page own = new() { Bytes = NewBytes() };
        new ReadOnlySpan<byte>(shared.Bytes, PageLength).CopyTo(new(own.Bytes, PageLength));
        shared.OwnerCount--;
        _pages[number] = own;
        return own;
    }

    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    private static unsafe byte* NewBytes() => (byte*)NativeMemory.AlignedAlloc(PageLength, PageLength);

    // Unsafe: an offset below 4096 into a page of 4096 bytes.
    private static unsafe void Release(Page page)
    {
        if (--page.OwnerCount == 0) NativeMemory.AlignedFree(page.Bytes);
    }

    private sealed class Page
    {
        public unsafe byte* Bytes { get; init; }

        public int OwnerCount { get; set; } = 1;
    }
}
